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

    /// @notice A payer's deposit grew by what arrived from an account.
    event Deposited(address indexed payer, address indexed from, uint128 amount);
    /// @notice A session key was authorised, or its cap or expiry raised.
    event SignerAuthorized(address indexed payer, address indexed signer, uint128 cap, uint40 expiry);
    /// @notice A session key ends early: from after `expiry` its uncovered vouchers pay nothing. Payees redeem now.
    event SignerRevoking(address indexed payer, address indexed signer, uint40 expiry);
    /// @notice A payer added collateral for one payee; all of that payee's now lasts until `until`.
    event Reserved(
        address indexed payer, address indexed signer, address indexed payee, uint128 amount, uint40 until
    );
    /// @notice Collateral was set aside for the payees of a Merkle sum tree.
    event Allocated(
        address indexed payer, address indexed signer, bytes32 indexed root, uint128 total, uint40 until
    );
    /// @notice Collateral that had run out is free again, and the key's cap given back.
    event Released(address indexed payer, address indexed signer, uint128 amount);
    /// @notice A voucher paid `paid`; the payee has been paid `claimed` through this key in all.
    event Redeemed(
        address indexed payer, address indexed signer, address indexed payee, uint128 paid, uint128 claimed
    );
    /// @notice A row of a redemption paid nothing, and why.
    event RowSkipped(uint256 indexed row, address indexed payer, address indexed payee, SkipReason reason);
    /// @notice A voucher was owed `missing` more than could be paid. Payees of this payer redeem now.
    event Shortfall(address indexed payer, address indexed signer, address indexed payee, uint128 missing);
    /// @notice More was redeemed through a key than it ever said it had issued: it hid promises. Told once per key.
    event Equivocation(address indexed payer, address indexed signer, uint128 redeemed, uint128 highestIssued);
    /// @notice A payee's money stays here for `payout`: the token refused it, or the payee had it redeemed by signature.
    event Credited(address indexed payee, uint128 amount);
    /// @notice Credit left the pool: `fee` of `amount` to the sender of the transaction, the rest to `to`.
    event PaidOut(address indexed payee, address indexed to, uint128 amount, uint128 fee);
    /// @notice A payer announced a withdrawal: `thawing` in all can leave from `endsAt` on. Payees redeem now.
    event ThawStarted(address indexed payer, uint128 amount, uint128 thawing, uint40 endsAt);
    /// @notice Thawed money left the pool.
    event Withdrawn(address indexed payer, address indexed to, uint128 amount);

    /// @notice An address is 0.
    error ZeroAddress();
    /// @notice The pool itself is no recipient.
    error ForbiddenAddress(address account);
    /// @notice An amount is 0, or nothing arrived.
    error ZeroAmount();
    /// @notice The deposit would exceed what one payer may hold here.
    error DepositCeilingReached(uint256 balance, uint128 ceiling);
    /// @notice A new session key would have expired already.
    error ExpiryInPast(uint40 expiry);
    /// @notice This session key has expired; it never comes back.
    error SignerExpired(uint40 expiry);
    /// @notice The payer has not authorised this session key.
    error SignerUnknown(address signer);
    /// @notice A cap only rises.
    error CapFell(uint128 from, uint128 to);
    /// @notice An expiry only rises.
    error ExpiryFell(uint40 from, uint40 to);
    /// @notice The collateral does not fit under the key's cap.
    error CapExceeded(uint256 spent, uint128 cap);
    /// @notice Less of the deposit is free than is wanted.
    error NotFree(uint256 wanted, uint128 free);
    /// @notice Two lists that belong together differ in length.
    error LengthsDiffer(uint256 a, uint256 b);
    /// @notice Collateral must end neither in the past, nor after its key, nor before what the payee already has.
    error UntilOutOfRange(uint40 until, uint40 expiry);
    /// @notice A root is used once, and is never 0.
    error AllocationKnown(bytes32 root);
    /// @notice This collateral can still be drawn.
    error StillLocked(uint40 until);
    /// @notice There is no such collateral left.
    error NothingToRelease();
    /// @notice The signature is not of whom the order names.
    error BadSignature();
    /// @notice The order's deadline has passed.
    error SignatureExpired(uint40 deadline);
    /// @notice The payee has less credit than the order takes.
    error NotEnoughCredit(uint128 wanted, uint128 credit);
    /// @notice The fee is more than all that is paid out.
    error FeeTooHigh(uint128 fee, uint128 amount);
    /// @notice No withdrawal was announced, or payees took it.
    error NothingThawing();
    /// @notice The announced withdrawal has not thawed yet.
    error StillThawing(uint40 endsAt);
}
