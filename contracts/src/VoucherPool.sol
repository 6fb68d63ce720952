// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Deposits} from "./pool/Deposits.sol";
import {PoolBase} from "./pool/PoolBase.sol";
import {Redemption} from "./pool/Redemption.sol";
import {Withdrawals} from "./pool/Withdrawals.sol";

/// @title GLM Voucher Pool
/// @notice Payers deposit one token; session keys they authorise sign cumulative vouchers; anyone redeems a voucher,
/// and only its payee is paid. There is no owner, no pause and no upgrade: nobody can stop a redemption.
/// @dev State is keyed by (payer, session key, payee). A voucher does not name its session key: the key is recovered
/// from the signature. Session keys are plain secp256k1 keys; payers and payees may be contracts (ERC-1271).
contract VoucherPool is Deposits, Redemption, Withdrawals {
    /// @param token_ The one token of this pool.
    /// @param thaw_ Seconds of thaw: 24 h in production, 60 s on a local chain.
    /// @param depositCeiling Most that one payer may hold here, in the token's smallest unit.
    constructor(IERC20 token_, uint40 thaw_, uint128 depositCeiling) PoolBase(token_, thaw_, depositCeiling) {}

    /// @notice One call with all that a payee checks before it takes a voucher of this payer and session key.
    /// @param payer Whose deposit pays.
    /// @param signer The session key.
    /// @param payee Who asks; `claimed` and `reserved` are its own.
    function payerState(address payer, address signer, address payee) external view returns (PayerState memory) {
        Account storage account = accounts[payer];
        SessionKey storage key = sessionKeys[payer][signer];
        Reservation storage reservation = reservations[payer][signer][payee];
        return PayerState({
            balance: account.balance,
            locked: account.locked,
            thawing: account.thawing,
            thawEndsAt: account.thawEndsAt,
            cap: key.cap,
            spent: key.spent,
            redeemed: key.redeemed,
            highestIssued: key.highestIssued,
            claimed: claimed[payer][signer][payee],
            expiry: key.expiry,
            isEquivocated: key.isEquivocated,
            reserved: reservation.amount,
            reservedUntil: reservation.until
        });
    }

    /// @notice The EIP-712 domain separator of this pool on this chain.
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }
}
