// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Collateral} from "./Collateral.sol";

/// @title Redeeming vouchers
/// @notice Anyone may send a redemption; only the payee gets money by it.
abstract contract Redemption is Collateral {
    using SafeERC20 for IERC20;

    /// @notice EIP-712 type of a voucher.
    bytes32 public constant VOUCHER_TYPEHASH =
        keccak256("Voucher(address payer,address payee,uint128 amount,uint128 issued)");

    /// @notice EIP-712 type of a payout.
    bytes32 public constant PAYOUT_TYPEHASH = keccak256(
        "Payout(address payee,address to,uint128 amount,uint128 fee,uint256 nonce,uint40 deadline)"
    );

    /// @dev One row: between whom, and first what it may draw on, then what it takes.
    struct Draw {
        address payer;
        address signer;
        address payee;
        bytes32 root;
        uint128 reserved;
        uint128 allocated;
        uint128 uncovered;
    }

    /// @notice Redeems vouchers. Each row pays its payee `min(owed, collateral + min(free, cap − spent))`.
    /// @dev A bad row is skipped with an event and never reverts the batch. A partial payment loses nothing:
    /// `claimed` grows by what was paid, so the rest can be redeemed once there is money again.
    /// @param vouchers The newest voucher per (payer, session key, payee); older ones owe nothing.
    /// @return results Per row what was paid, or why nothing was.
    function redeem(SignedVoucher[] calldata vouchers) external nonReentrant returns (RowResult[] memory results) {
        return _redeemRows(vouchers, new AllocationProof[](0), address(0));
    }

    /// @notice As `redeem`, drawing on allocations too.
    /// @param vouchers As for `redeem`.
    /// @param proofs One per voucher; a `root` of 0 for a voucher without allocation.
    /// @return results Per row what was paid, or why nothing was.
    function redeemCovered(SignedVoucher[] calldata vouchers, AllocationProof[] calldata proofs)
        external
        nonReentrant
        returns (RowResult[] memory results)
    {
        if (proofs.length != vouchers.length) revert LengthsDiffer(vouchers.length, proofs.length);
        return _redeemRows(vouchers, proofs, address(0));
    }

    /// @notice Redeems vouchers of one payee into its credit and pays that out, with a fee for the sender.
    /// @dev The order names no sender: whoever is first to send it earns the fee. The payee gets the same either way.
    /// @param vouchers Rows of other payees are skipped.
    /// @param proofs None, or one per voucher.
    /// @param order What the payee signed; what the rows bring above its `amount` stays the payee's credit.
    /// @param signature The payee's, EIP-712 or ERC-1271.
    /// @return results Per row what was paid, or why nothing was.
    function redeemFor(
        SignedVoucher[] calldata vouchers,
        AllocationProof[] calldata proofs,
        PayoutOrder calldata order,
        bytes calldata signature
    ) external nonReentrant returns (RowResult[] memory results) {
        if (proofs.length != 0 && proofs.length != vouchers.length) {
            revert LengthsDiffer(vouchers.length, proofs.length);
        }
        // First: whoever comes second with a copied order pays for a look at the nonce, not for all the rows.
        _usePayout(order, signature);
        results = _redeemRows(vouchers, proofs, order.payee);
        _payout(order.payee, order.to, order.amount, order.fee);
    }

    /// @notice Takes the caller's credit out.
    /// @param to Who receives it.
    /// @param amount How much of it.
    function payout(address to, uint128 amount) external nonReentrant {
        _payout(msg.sender, to, amount, 0);
    }

    /// @notice Takes a payee's credit out by its signature; the sender of the transaction gets the signed fee.
    /// @param order What the payee signed.
    /// @param signature The payee's, EIP-712 or ERC-1271.
    function payoutBySig(PayoutOrder calldata order, bytes calldata signature) external nonReentrant {
        _usePayout(order, signature);
        _payout(order.payee, order.to, order.amount, order.fee);
    }

    /// @notice The EIP-712 digest that a session key signs.
    /// @param voucher What is promised; the signature inside is ignored.
    function voucherDigest(SignedVoucher calldata voucher) external view returns (bytes32) {
        return _voucherDigest(voucher);
    }

    /// @dev With `creditTo`, only rows of that payee, and into its credit.
    function _redeemRows(SignedVoucher[] calldata vouchers, AllocationProof[] memory proofs, address creditTo)
        private
        returns (RowResult[] memory results)
    {
        results = new RowResult[](vouchers.length);
        AllocationProof memory none;
        for (uint256 i = 0; i < vouchers.length; ++i) {
            SignedVoucher calldata voucher = vouchers[i];
            (uint128 paid, SkipReason reason) =
                _redeemRow(voucher, proofs.length == 0 ? none : proofs[i], creditTo);
            results[i] = RowResult(paid, reason);
            if (reason != SkipReason.None) emit RowSkipped(i, voucher.payer, voucher.payee, reason);
        }
    }

    function _redeemRow(SignedVoucher calldata voucher, AllocationProof memory proof, address creditTo)
        private
        returns (uint128, SkipReason)
    {
        address payee = voucher.payee;
        if (payee == address(0) || payee == address(this)) return (0, SkipReason.ForbiddenPayee);
        if (creditTo != address(0) && payee != creditTo) return (0, SkipReason.ForbiddenPayee);

        (address signer, ECDSA.RecoverError failure,) =
            ECDSA.tryRecoverCalldata(_voucherDigest(voucher), voucher.signature);
        if (failure != ECDSA.RecoverError.NoError) return (0, SkipReason.BadSignature);

        Draw memory draw = Draw(voucher.payer, signer, payee, proof.root, 0, 0, 0);
        (uint128 owed, SkipReason reason) = _look(draw, voucher, proof);
        if (reason != SkipReason.None) return (0, reason);
        uint128 paid = _take(draw, owed);
        if (paid < owed) emit Shortfall(draw.payer, signer, payee, owed - paid);
        SessionKey storage key = sessionKeys[draw.payer][signer];
        if (paid == 0) return (0, key.spent == key.cap ? SkipReason.CapReached : SkipReason.NotCovered);

        _book(draw, paid);
        _markIfEquivocated(draw.payer, signer, key);
        emit Redeemed(draw.payer, signer, payee, paid, claimed[draw.payer][signer][payee]);
        _send(payee, paid, creditTo != address(0));
        return (paid, SkipReason.None);
    }

    /// @dev What a voucher may draw on, into `draw`, and what it owes.
    function _look(Draw memory draw, SignedVoucher calldata voucher, AllocationProof memory proof)
        private
        returns (uint128, SkipReason)
    {
        SessionKey storage key = sessionKeys[draw.payer][draw.signer];
        if (key.expiry == 0) return (0, SkipReason.UnknownKey);
        bool isProven;
        (draw.allocated, isProven) = _allocationCover(draw.payer, draw.signer, draw.payee, proof);
        if (!isProven) return (0, SkipReason.BadProof);
        draw.reserved = _reserved(draw.payer, draw.signer, draw.payee);
        // Collateral outlives a revoked key: that is what it was promised for.
        if (key.expiry >= block.timestamp) draw.uncovered = _least(_redeemable(draw.payer), key.cap - key.spent);
        else if (draw.reserved == 0 && draw.allocated == 0) return (0, SkipReason.KeyExpired);
        if (voucher.issued > key.highestIssued) key.highestIssued = voucher.issued;

        uint128 before = claimed[draw.payer][draw.signer][draw.payee];
        if (voucher.amount <= before) return (0, SkipReason.NothingOwed);
        return (voucher.amount - before, SkipReason.None);
    }

    /// @dev Cuts what may be drawn to what is owed. Collateral goes first: it is the payee's in any case.
    function _take(Draw memory draw, uint128 owed) private pure returns (uint128) {
        draw.reserved = _least(owed, draw.reserved);
        draw.allocated = _least(owed - draw.reserved, draw.allocated);
        draw.uncovered = _least(owed - draw.reserved - draw.allocated, draw.uncovered);
        return draw.reserved + draw.allocated + draw.uncovered;
    }

    /// @dev All effects of a payment, before any token moves.
    function _book(Draw memory draw, uint128 paid) private {
        (address payer, address signer, address payee) = (draw.payer, draw.signer, draw.payee);
        Account storage account = accounts[payer];
        uint128 locked = account.locked - draw.reserved - draw.allocated;
        uint128 balance = account.balance - paid;
        account.balance = balance;
        account.locked = locked;
        if (account.thawing > balance - locked) account.thawing = balance - locked;
        if (draw.reserved > 0) reservations[payer][signer][payee].amount -= draw.reserved;
        if (draw.allocated > 0) {
            allocations[payer][signer][draw.root].left -= draw.allocated;
            drawn[payer][signer][draw.root][payee] += draw.allocated;
        }
        SessionKey storage key = sessionKeys[payer][signer];
        key.spent += draw.uncovered;
        key.redeemed += paid;
        claimed[payer][signer][payee] += paid;
    }

    /// @dev A payee that the token refuses keeps the money as credit, so that it cannot block a batch.
    function _send(address payee, uint128 paid, bool toCredit) private {
        if (!toCredit && token.trySafeTransfer(payee, paid)) return;
        credit[payee] += paid;
        emit Credited(payee, paid);
    }

    /// @dev An honest key's highest `issued` covers all it promised; redeeming more proves that it hid promises.
    function _markIfEquivocated(address payer, address signer, SessionKey storage key) private {
        if (key.isEquivocated || key.redeemed <= key.highestIssued) return;
        key.isEquivocated = true;
        emit Equivocation(payer, signer, key.redeemed, key.highestIssued);
    }

    /// @dev What an uncovered voucher may draw on: thawing money too, that is what the thaw is for.
    function _redeemable(address payer) private view returns (uint128) {
        Account storage account = accounts[payer];
        return account.balance - account.locked;
    }

    function _usePayout(PayoutOrder calldata order, bytes calldata signature) private {
        bytes32 structHash = keccak256(
            abi.encode(
                PAYOUT_TYPEHASH, order.payee, order.to, order.amount, order.fee, order.nonce, order.deadline
            )
        );
        _useOrder(order.payee, structHash, order.nonce, order.deadline, signature);
    }

    function _payout(address payee, address to, uint128 amount, uint128 fee) private {
        if (to == address(0)) revert ZeroAddress();
        if (to == address(this)) revert ForbiddenAddress(to);
        if (amount == 0) revert ZeroAmount();
        if (fee > amount) revert FeeTooHigh(fee, amount);
        uint128 own = credit[payee];
        if (amount > own) revert NotEnoughCredit(amount, own);
        credit[payee] = own - amount;
        emit PaidOut(payee, to, amount, fee);
        if (amount > fee) token.safeTransfer(to, amount - fee);
        if (fee > 0) token.safeTransfer(msg.sender, fee);
    }

    function _voucherDigest(SignedVoucher calldata voucher) private view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(abi.encode(VOUCHER_TYPEHASH, voucher.payer, voucher.payee, voucher.amount, voucher.issued))
        );
    }

    function _least(uint128 a, uint128 b) private pure returns (uint128) {
        return a < b ? a : b;
    }
}
