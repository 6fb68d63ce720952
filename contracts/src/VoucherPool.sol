// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @title GLM Voucher Pool
/// @notice Payers deposit one token; session keys they authorise sign cumulative vouchers; anyone redeems a voucher,
/// and only its payee is paid. There is no owner, no pause and no upgrade: nobody can stop a redemption.
/// @dev State is keyed by (payer, session key, payee). A voucher does not name its session key: the key is recovered
/// from the signature. Session keys are plain secp256k1 keys; contract signatures (ERC-1271) are not session keys.
contract VoucherPool is EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

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
        TransferFailed
    }

    /// @notice What became of one row of `redeem`.
    struct RowResult {
        uint128 paid;
        SkipReason reason;
    }

    /// @notice A payer's deposit. Thawing money is still redeemable, and never more than the balance.
    struct Account {
        uint128 balance;
        uint128 thawing;
        uint40 thawEndsAt;
    }

    /// @notice A session key of a payer. `expiry` of 0 means that it was never authorised.
    struct SessionKey {
        uint128 cap;
        uint128 spent;
        uint128 highestIssued;
        uint40 expiry;
        bool isEquivocated;
    }

    /// @notice All that a payee needs to know before it takes a voucher; see `payerState`.
    struct PayerState {
        uint128 balance;
        uint128 thawing;
        uint40 thawEndsAt;
        uint128 cap;
        uint128 spent;
        uint128 highestIssued;
        uint128 claimed;
        uint40 expiry;
        bool isEquivocated;
    }

    /// @notice EIP-712 type of a voucher.
    bytes32 public constant VOUCHER_TYPEHASH =
        keccak256("Voucher(address payer,address payee,uint128 amount,uint128 issued)");

    /// @notice The one token of this pool.
    IERC20 public immutable token;

    /// @notice Seconds between `thaw` and `withdraw`, and how long a revoked key stays redeemable.
    uint40 public immutable THAW;

    /// @notice Most that one payer may hold here: bounds what an undiscovered flaw of this deployment can cost.
    uint128 public immutable DEPOSIT_CEILING;

    /// @notice A payer's deposit.
    mapping(address payer => Account) public accounts;

    /// @notice A payer's session keys.
    mapping(address payer => mapping(address signer => SessionKey)) public sessionKeys;

    /// @notice All that a payee has been paid through a session key.
    mapping(address payer => mapping(address signer => mapping(address payee => uint128))) public claimed;

    event Deposited(address indexed payer, address indexed from, uint128 amount);
    event SignerAuthorized(address indexed payer, address indexed signer, uint128 cap, uint40 expiry);
    event SignerRevoking(address indexed payer, address indexed signer, uint40 expiry);
    event Redeemed(
        address indexed payer, address indexed signer, address indexed payee, uint128 paid, uint128 claimed
    );
    event RowSkipped(uint256 indexed row, address indexed payer, address indexed payee, SkipReason reason);
    event Shortfall(address indexed payer, address indexed signer, address indexed payee, uint128 missing);
    event Equivocation(address indexed payer, address indexed signer, uint128 spent, uint128 highestIssued);
    event ThawStarted(address indexed payer, uint128 amount, uint128 thawing, uint40 endsAt);
    event Withdrawn(address indexed payer, address indexed to, uint128 amount);

    error ZeroAddress();
    error ForbiddenAddress(address account);
    error ZeroAmount();
    error AmountTooLarge(uint256 amount);
    error DepositCeilingReached(uint256 balance, uint128 ceiling);
    error ExpiryInPast(uint40 expiry);
    error SignerExpired(uint40 expiry);
    error SignerUnknown(address signer);
    error CapFell(uint128 from, uint128 to);
    error ExpiryFell(uint40 from, uint40 to);
    error ThawExceedsBalance(uint256 thawing, uint128 balance);
    error NothingThawing();
    error StillThawing(uint40 endsAt);

    /// @param token_ The one token of this pool.
    /// @param thaw_ Seconds of thaw: 24 h in production, 60 s on a local chain.
    /// @param depositCeiling Most that one payer may hold here, in the token's smallest unit.
    constructor(IERC20 token_, uint40 thaw_, uint128 depositCeiling) EIP712("GLM Voucher Pool", "1") {
        if (address(token_) == address(0)) revert ZeroAddress();
        if (thaw_ == 0 || depositCeiling == 0) revert ZeroAmount();
        token = token_;
        THAW = thaw_;
        DEPOSIT_CEILING = depositCeiling;
    }

    // ------------------------------------------------------------------------------------------------ paying in

    /// @notice Moves tokens of the caller into a payer's deposit. Credits exactly what arrived.
    /// @param payer Whose deposit grows; need not be the caller.
    /// @param amount Tokens to take from the caller, who approved this contract before.
    function deposit(address payer, uint128 amount) external nonReentrant {
        _deposit(payer, amount);
    }

    /// @notice Deposits for the caller and authorises a session key in one transaction.
    /// @param amount Tokens to take from the caller.
    /// @param signer The session key.
    /// @param cap All that the key may ever spend.
    /// @param expiry Last second at which its vouchers can be redeemed.
    function depositAndAuthorize(uint128 amount, address signer, uint128 cap, uint40 expiry) external nonReentrant {
        _deposit(msg.sender, amount);
        _authorize(msg.sender, signer, cap, expiry);
    }

    /// @notice Authorises a session key of the caller, or raises its cap or expiry.
    /// @dev Both only rise; a key that has expired never comes back, so that an old voucher never becomes new money.
    function authorizeSigner(address signer, uint128 cap, uint40 expiry) external {
        _authorize(msg.sender, signer, cap, expiry);
    }

    /// @notice Ends a session key early. Vouchers already signed stay redeemable for `THAW` seconds.
    function revokeSigner(address signer) external {
        SessionKey storage key = sessionKeys[msg.sender][signer];
        uint40 expiry = key.expiry;
        if (expiry == 0) revert SignerUnknown(signer);
        if (expiry < block.timestamp) revert SignerExpired(expiry);
        uint40 end = uint40(block.timestamp) + THAW;
        if (end < expiry) key.expiry = expiry = end;
        emit SignerRevoking(msg.sender, signer, expiry);
    }

    function _deposit(address payer, uint128 amount) private {
        if (payer == address(0)) revert ZeroAddress();
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received == 0) revert ZeroAmount();
        uint256 balance = accounts[payer].balance + received;
        if (balance > DEPOSIT_CEILING) revert DepositCeilingReached(balance, DEPOSIT_CEILING);
        // Both fit: balance ≤ DEPOSIT_CEILING, which is a uint128.
        accounts[payer].balance = uint128(balance);
        emit Deposited(payer, msg.sender, uint128(received));
    }

    function _authorize(address payer, address signer, uint128 cap, uint40 expiry) private {
        if (signer == address(0)) revert ZeroAddress();
        if (cap == 0) revert ZeroAmount();
        SessionKey storage key = sessionKeys[payer][signer];
        uint40 known = key.expiry;
        if (known == 0) {
            if (expiry < block.timestamp) revert ExpiryInPast(expiry);
        } else {
            if (known < block.timestamp) revert SignerExpired(known);
            if (expiry < known) revert ExpiryFell(known, expiry);
            if (cap < key.cap) revert CapFell(key.cap, cap);
        }
        key.cap = cap;
        key.expiry = expiry;
        emit SignerAuthorized(payer, signer, cap, expiry);
    }

    // ------------------------------------------------------------------------------------------------ redeeming

    /// @notice Redeems vouchers; anyone may call. Each row pays its payee `min(owed, balance, cap − spent)`.
    /// @dev A bad row is skipped with an event and never reverts the batch. A partial payment loses nothing:
    /// `claimed` grows by what was paid, so the rest can be redeemed once there is money again.
    /// @param vouchers The newest voucher per (payer, session key, payee); older ones owe nothing.
    /// @return results Per row what was paid, or why nothing was.
    function redeem(SignedVoucher[] calldata vouchers) external nonReentrant returns (RowResult[] memory results) {
        results = new RowResult[](vouchers.length);
        for (uint256 i = 0; i < vouchers.length; ++i) {
            SignedVoucher calldata voucher = vouchers[i];
            (uint128 paid, SkipReason reason) = _redeemRow(voucher);
            results[i] = RowResult(paid, reason);
            if (reason != SkipReason.None) emit RowSkipped(i, voucher.payer, voucher.payee, reason);
        }
    }

    function _redeemRow(SignedVoucher calldata voucher) private returns (uint128, SkipReason) {
        address payer = voucher.payer;
        address payee = voucher.payee;
        if (payee == address(0) || payee == address(this)) return (0, SkipReason.ForbiddenPayee);

        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(_digest(voucher), voucher.signature);
        if (failure != ECDSA.RecoverError.NoError) return (0, SkipReason.BadSignature);

        SessionKey storage key = sessionKeys[payer][signer];
        if (key.expiry == 0) return (0, SkipReason.UnknownKey);
        if (key.expiry < block.timestamp) return (0, SkipReason.KeyExpired);
        if (voucher.issued > key.highestIssued) key.highestIssued = voucher.issued;

        uint128 before = claimed[payer][signer][payee];
        if (voucher.amount <= before) return (0, SkipReason.NothingOwed);
        uint128 owed = voucher.amount - before;
        uint128 headroom = key.cap - key.spent;
        uint128 paid = _least(owed, _least(_redeemable(payer), headroom));
        if (paid == 0) {
            emit Shortfall(payer, signer, payee, owed);
            return (0, headroom == 0 ? SkipReason.CapReached : SkipReason.NotCovered);
        }
        if (!_pay(payer, signer, payee, paid)) return (0, SkipReason.TransferFailed);
        if (paid < owed) emit Shortfall(payer, signer, payee, owed - paid);
        _markIfEquivocated(payer, signer, key);
        return (paid, SkipReason.None);
    }

    /// @dev Effects before the transfer; undone when the token refuses, so that one payee cannot block a batch.
    function _pay(address payer, address signer, address payee, uint128 paid) private returns (bool) {
        Account storage account = accounts[payer];
        SessionKey storage key = sessionKeys[payer][signer];
        (uint128 balance, uint128 thawing) = (account.balance, account.thawing);
        uint128 total = claimed[payer][signer][payee] + paid;

        account.balance = balance - paid;
        if (thawing > balance - paid) account.thawing = balance - paid;
        key.spent += paid;
        claimed[payer][signer][payee] = total;

        if (token.trySafeTransfer(payee, paid)) {
            emit Redeemed(payer, signer, payee, paid, total);
            return true;
        }
        account.balance = balance;
        account.thawing = thawing;
        key.spent -= paid;
        claimed[payer][signer][payee] = total - paid;
        return false;
    }

    /// @dev An honest key's highest `issued` covers all it promised; redeeming more proves that it hid promises.
    function _markIfEquivocated(address payer, address signer, SessionKey storage key) private {
        if (key.isEquivocated || key.spent <= key.highestIssued) return;
        key.isEquivocated = true;
        emit Equivocation(payer, signer, key.spent, key.highestIssued);
    }

    /// @dev What an unreserved voucher may draw on: thawing money too, that is what the thaw is for.
    function _redeemable(address payer) private view returns (uint128) {
        return accounts[payer].balance;
    }

    // ------------------------------------------------------------------------------------------------ taking out

    /// @notice Announces a withdrawal of `amount` more. Restarts the wait for all that is thawing.
    /// @dev Payees see `ThawStarted` and have `THAW` seconds to redeem first.
    function thaw(uint128 amount) external {
        if (amount == 0) revert ZeroAmount();
        Account storage account = accounts[msg.sender];
        uint256 thawing = uint256(account.thawing) + amount;
        if (thawing > account.balance) revert ThawExceedsBalance(thawing, account.balance);
        // Fits: thawing ≤ balance, which is a uint128.
        account.thawing = uint128(thawing);
        account.thawEndsAt = uint40(block.timestamp) + THAW;
        emit ThawStarted(msg.sender, amount, uint128(thawing), account.thawEndsAt);
    }

    /// @notice Pays out what has thawed and was not redeemed meanwhile.
    /// @param to Who receives it.
    function withdraw(address to) external nonReentrant returns (uint128 amount) {
        if (to == address(0)) revert ZeroAddress();
        if (to == address(this)) revert ForbiddenAddress(to);
        Account storage account = accounts[msg.sender];
        amount = account.thawing;
        if (amount == 0) revert NothingThawing();
        if (block.timestamp < account.thawEndsAt) revert StillThawing(account.thawEndsAt);
        account.balance -= amount;
        account.thawing = 0;
        account.thawEndsAt = 0;
        token.safeTransfer(to, amount);
        emit Withdrawn(msg.sender, to, amount);
    }

    // ------------------------------------------------------------------------------------------------ reading

    /// @notice One call with all that a payee checks before it takes a voucher of this payer and session key.
    function payerState(address payer, address signer, address payee) external view returns (PayerState memory) {
        Account storage account = accounts[payer];
        SessionKey storage key = sessionKeys[payer][signer];
        return PayerState({
            balance: account.balance,
            thawing: account.thawing,
            thawEndsAt: account.thawEndsAt,
            cap: key.cap,
            spent: key.spent,
            highestIssued: key.highestIssued,
            claimed: claimed[payer][signer][payee],
            expiry: key.expiry,
            isEquivocated: key.isEquivocated
        });
    }

    /// @notice The EIP-712 digest that a session key signs; the signature inside is ignored.
    function voucherDigest(SignedVoucher calldata voucher) external view returns (bytes32) {
        return _digest(voucher);
    }

    /// @notice The EIP-712 domain separator of this pool on this chain.
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    function _digest(SignedVoucher calldata voucher) private view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(abi.encode(VOUCHER_TYPEHASH, voucher.payer, voucher.payee, voucher.amount, voucher.issued))
        );
    }

    function _least(uint128 a, uint128 b) private pure returns (uint128) {
        return a < b ? a : b;
    }
}
