// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What the voucher pool stores, takes, tells and refuses
/// @notice Types, events and errors of `VoucherPool`; no code.
abstract contract PoolTypes {
    /// @notice A cumulative promise with its EIP-712 signature by a session key of the payer.
    /// @param payer Whose deposit pays.
    /// @param payee Who is paid.
    /// @param amount All that this session key has ever promised this payee.
    /// @param issued All that this session key has ever promised to everybody, this voucher included.
    /// @param signature 65 bytes (r, s, v), low s, v of 27 or 28.
    struct SignedVoucher {
        address payer;
        address payee;
        uint128 amount;
        uint128 issued;
        bytes signature;
    }

    /// @notice Why a row of `redeem` paid nothing; `None` when it paid.
    enum SkipReason {
        None,
        BadSignature,
        ForbiddenPayee,
        UnknownKey,
        KeyExpired,
        NothingOwed,
        CapReached,
        NotCovered,
        BadProof
    }

    /// @notice What became of one row of `redeem`.
    struct RowResult {
        uint128 paid;
        SkipReason reason;
    }

    /// @notice A payer's deposit: `locked` is collateral, `thawing` is on its way out; together never more than `balance`.
    struct Account {
        uint128 balance;
        uint128 locked;
        uint128 thawing;
        uint40 thawEndsAt;
    }

    /// @notice A session key of a payer. `expiry` of 0 means that it was never authorised.
    /// @param cap All that the key may ever spend.
    /// @param spent What was redeemed without collateral, and all collateral committed and not released.
    /// @param redeemed All that was redeemed, with collateral or without.
    /// @param highestIssued The highest `issued` of a voucher seen.
    struct SessionKey {
        uint128 cap;
        uint128 spent;
        uint128 redeemed;
        uint128 highestIssued;
        uint40 expiry;
        bool isEquivocated;
    }

    /// @notice Collateral for one payee under one session key.
    struct Reservation {
        uint128 amount;
        uint40 until;
    }

    /// @notice Collateral for many payees, who are the leaves of a Merkle sum tree.
    /// @param total The sum of the tree.
    /// @param left What was not drawn yet.
    struct Allocation {
        uint128 total;
        uint128 left;
        uint40 until;
    }

    /// @notice A node beside the way from a leaf to the root.
    struct Sibling {
        bytes32 hash;
        uint128 sum;
        bool isLeft;
    }

    /// @notice Shows that a payee has a limit in an allocation; a `root` of 0 claims none.
    struct AllocationProof {
        bytes32 root;
        uint128 limit;
        Sibling[] siblings;
    }

    /// @notice What a session key signs to back many payees at once.
    /// @param until Last second at which the collateral can be drawn.
    struct Allocate {
        address payer;
        bytes32 root;
        uint128 total;
        uint40 until;
    }

    /// @notice What a payer signs to deposit without a transaction of its own. A `signer` of 0 authorises no key.
    struct DepositOrder {
        address payer;
        uint128 amount;
        address signer;
        uint128 cap;
        uint40 expiry;
        uint256 nonce;
        uint40 deadline;
    }

    /// @notice What a payer signs to authorise a session key without a transaction of its own.
    struct AuthorizeOrder {
        address payer;
        address signer;
        uint128 cap;
        uint40 expiry;
        uint256 nonce;
        uint40 deadline;
    }

    /// @notice What a payee signs to take its credit out, and to pay whoever sends it.
    /// @param amount What leaves the credit.
    /// @param fee The part of `amount` that goes to the sender of the transaction.
    struct PayoutOrder {
        address payee;
        address to;
        uint128 amount;
        uint128 fee;
        uint256 nonce;
        uint40 deadline;
    }

    /// @notice A DAI-style permit of the token (`permit(holder,spender,nonce,expiry,allowed,v,r,s)`).
    struct DaiPermit {
        uint256 nonce;
        uint256 expiry;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice All that a payee needs to know before it takes a voucher; see `payerState`.
    struct PayerState {
        uint128 balance;
        uint128 locked;
        uint128 thawing;
        uint40 thawEndsAt;
        uint128 cap;
        uint128 spent;
        uint128 redeemed;
        uint128 highestIssued;
        uint128 claimed;
        uint40 expiry;
        bool isEquivocated;
        uint128 reserved;
        uint40 reservedUntil;
    }

    event Deposited(address indexed payer, address indexed from, uint128 amount);
    event SignerAuthorized(address indexed payer, address indexed signer, uint128 cap, uint40 expiry);
    event SignerRevoking(address indexed payer, address indexed signer, uint40 expiry);
    event Reserved(
        address indexed payer, address indexed signer, address indexed payee, uint128 amount, uint40 until
    );
    event Allocated(
        address indexed payer, address indexed signer, bytes32 indexed root, uint128 total, uint40 until
    );
    event Released(address indexed payer, address indexed signer, uint128 amount);
    event Redeemed(
        address indexed payer, address indexed signer, address indexed payee, uint128 paid, uint128 claimed
    );
    event RowSkipped(uint256 indexed row, address indexed payer, address indexed payee, SkipReason reason);
    event Shortfall(address indexed payer, address indexed signer, address indexed payee, uint128 missing);
    event Equivocation(address indexed payer, address indexed signer, uint128 redeemed, uint128 highestIssued);
    event Credited(address indexed payee, uint128 amount);
    event PaidOut(address indexed payee, address indexed to, uint128 amount, uint128 fee);
    event ThawStarted(address indexed payer, uint128 amount, uint128 thawing, uint40 endsAt);
    event Withdrawn(address indexed payer, address indexed to, uint128 amount);

    error ZeroAddress();
    error ForbiddenAddress(address account);
    error ZeroAmount();
    error DepositCeilingReached(uint256 balance, uint128 ceiling);
    error ExpiryInPast(uint40 expiry);
    error SignerExpired(uint40 expiry);
    error SignerUnknown(address signer);
    error CapFell(uint128 from, uint128 to);
    error ExpiryFell(uint40 from, uint40 to);
    error CapExceeded(uint256 spent, uint128 cap);
    error NotFree(uint256 wanted, uint128 free);
    error LengthsDiffer(uint256 a, uint256 b);
    error UntilOutOfRange(uint40 until, uint40 expiry);
    error AllocationKnown(bytes32 root);
    error StillLocked(uint40 until);
    error NothingToRelease();
    error BadSignature();
    error SignatureExpired(uint40 deadline);
    error NotEnoughCredit(uint128 wanted, uint128 credit);
    error FeeTooHigh(uint128 fee, uint128 amount);
    error NothingThawing();
    error StillThawing(uint40 endsAt);
}
