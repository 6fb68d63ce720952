// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {PoolBase} from "./PoolBase.sol";

/// @dev The permit of DAI, which mainnet GLM has instead of ERC-2612.
interface IDaiPermit {
    function permit(
        address holder,
        address spender,
        uint256 nonce,
        uint256 expiry,
        bool allowed,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
}

/// @title Paying in, and who may sign
/// @notice Deposits and session keys, by transaction and by signature.
abstract contract Deposits is PoolBase {
    using SafeERC20 for IERC20;

    /// @notice EIP-712 type of a deposit by signature.
    bytes32 public constant DEPOSIT_TYPEHASH = keccak256(
        "Deposit(address payer,uint128 amount,address signer,uint128 cap,uint40 expiry,uint256 nonce,uint40 deadline)"
    );

    /// @notice EIP-712 type of an authorisation by signature.
    bytes32 public constant AUTHORIZE_TYPEHASH = keccak256(
        "AuthorizeSigner(address payer,address signer,uint128 cap,uint40 expiry,uint256 nonce,uint40 deadline)"
    );

    /// @notice Moves tokens of the caller into a payer's deposit. Credits exactly what arrived.
    /// @param payer Whose deposit grows; need not be the caller.
    /// @param amount Tokens to take from the caller, who approved this contract before.
    function deposit(address payer, uint128 amount) external nonReentrant {
        _deposit(msg.sender, payer, amount);
    }

    /// @notice Deposits for the caller and authorises a session key in one transaction.
    /// @param amount Tokens to take from the caller.
    /// @param signer The session key.
    /// @param cap All that the key may ever spend.
    /// @param expiry Last second at which its vouchers can be redeemed.
    function depositAndAuthorize(uint128 amount, address signer, uint128 cap, uint40 expiry) external nonReentrant {
        _deposit(msg.sender, msg.sender, amount);
        _authorize(msg.sender, signer, cap, expiry);
    }

    /// @notice As `depositAndAuthorize`, with the approval inside: for tokens with DAI's permit, such as GLM on Ethereum.
    /// @dev A permit that fails is ignored: somebody may have sent it before, and then the allowance is there.
    /// @param amount Tokens to take from the caller.
    /// @param signer The session key.
    /// @param cap All that the key may ever spend.
    /// @param expiry Last second at which its vouchers can be redeemed.
    /// @param permit The caller's signature under the token; DAI's kind allows this contract without a limit.
    function depositWithDaiPermit(
        uint128 amount,
        address signer,
        uint128 cap,
        uint40 expiry,
        DaiPermit calldata permit
    ) external nonReentrant {
        try IDaiPermit(address(token)).permit(
            msg.sender, address(this), permit.nonce, permit.expiry, true, permit.v, permit.r, permit.s
        ) {} catch {}
        _deposit(msg.sender, msg.sender, amount);
        _authorize(msg.sender, signer, cap, expiry);
    }

    /// @notice Carries out a deposit that its payer signed; anyone may send it. The tokens come from the payer.
    /// @param order What the payer signed; its `signer` of 0 authorises no key.
    /// @param signature The payer's, EIP-712 or ERC-1271.
    function depositBySig(DepositOrder calldata order, bytes calldata signature) external nonReentrant {
        bytes32 structHash = keccak256(
            abi.encode(
                DEPOSIT_TYPEHASH,
                order.payer,
                order.amount,
                order.signer,
                order.cap,
                order.expiry,
                order.nonce,
                order.deadline
            )
        );
        _useOrder(order.payer, structHash, order.nonce, order.deadline, signature);
        _deposit(order.payer, order.payer, order.amount);
        if (order.signer != address(0)) _authorize(order.payer, order.signer, order.cap, order.expiry);
    }

    /// @notice Authorises a session key of the caller, or raises its cap or expiry.
    /// @dev Both only rise; a key that has expired never comes back, so that an old voucher never becomes new money.
    /// @param signer The session key.
    /// @param cap All that the key may ever spend; not below what it is.
    /// @param expiry Last second at which its vouchers can be redeemed; not before what it is.
    function authorizeSigner(address signer, uint128 cap, uint40 expiry) external {
        _authorize(msg.sender, signer, cap, expiry);
    }

    /// @notice Carries out an authorisation that its payer signed; anyone may send it.
    /// @param order What the payer signed.
    /// @param signature The payer's, EIP-712 or ERC-1271.
    function authorizeSignerBySig(AuthorizeOrder calldata order, bytes calldata signature) external {
        bytes32 structHash = keccak256(
            abi.encode(
                AUTHORIZE_TYPEHASH, order.payer, order.signer, order.cap, order.expiry, order.nonce, order.deadline
            )
        );
        _useOrder(order.payer, structHash, order.nonce, order.deadline, signature);
        _authorize(order.payer, order.signer, order.cap, order.expiry);
    }

    /// @notice Ends a session key early. Vouchers already signed stay redeemable for `THAW` seconds, and from collateral
    /// for as long as it was promised. An unsent order of the payer's that raises the key's expiry still works: let
    /// orders have near deadlines.
    /// @param signer The session key.
    function revokeSigner(address signer) external {
        SessionKey storage key = sessionKeys[msg.sender][signer];
        uint40 expiry = key.expiry;
        if (expiry == 0) revert SignerUnknown(signer);
        if (expiry < block.timestamp) revert SignerExpired(expiry);
        uint40 end = uint40(block.timestamp) + THAW;
        if (end < expiry) key.expiry = expiry = end;
        emit SignerRevoking(msg.sender, signer, expiry);
    }

    function _deposit(address from, address payer, uint128 amount) private {
        if (payer == address(0)) revert ZeroAddress();
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received == 0) revert ZeroAmount();
        uint256 balance = accounts[payer].balance + received;
        if (balance > DEPOSIT_CEILING) revert DepositCeilingReached(balance, DEPOSIT_CEILING);
        // Both fit: balance ≤ DEPOSIT_CEILING, which is a uint128.
        accounts[payer].balance = uint128(balance);
        emit Deposited(payer, from, uint128(received));
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
}
