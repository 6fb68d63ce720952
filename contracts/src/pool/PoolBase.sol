// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {PoolTypes} from "./PoolTypes.sol";

/// @title The pool's state
/// @dev Everything here is keyed by (payer, session key, payee). What each part may change is written there.
abstract contract PoolBase is PoolTypes, EIP712, Nonces, ReentrancyGuardTransient {
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

    /// @notice Collateral for one payee.
    mapping(address payer => mapping(address signer => mapping(address payee => Reservation))) public reservations;

    /// @notice Collateral for the payees of a tree.
    mapping(address payer => mapping(address signer => mapping(bytes32 root => Allocation))) public allocations;

    /// @notice What a payee has drawn from an allocation.
    mapping(
        address payer => mapping(address signer => mapping(bytes32 root => mapping(address payee => uint128)))
    ) public drawn;

    /// @notice Redeemed for a payee and not yet sent to it; `payout` takes it out.
    mapping(address payee => uint128) public credit;

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

    /// @dev What nothing else holds: neither collateral nor on its way out.
    function _free(Account storage account) internal view returns (uint128) {
        return account.balance - account.locked - account.thawing;
    }

    /// @dev Takes an order's signature once: before its deadline, with the account's next nonce. ERC-1271 accounts sign too.
    function _useOrder(address account, bytes32 structHash, uint256 nonce, uint40 deadline, bytes calldata signature)
        internal
    {
        if (deadline < block.timestamp) revert SignatureExpired(deadline);
        _useCheckedNonce(account, nonce);
        if (!SignatureChecker.isValidSignatureNowCalldata(account, _hashTypedDataV4(structHash), signature)) {
            revert BadSignature();
        }
    }
}
