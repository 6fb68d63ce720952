// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {PoolBase} from "./PoolBase.sol";
import {SumTree} from "./SumTree.sol";

/// @title Collateral
/// @notice Money that only one payee can take until a certain second, whatever the payer does with the rest: it cannot
/// be thawed, and neither other vouchers nor a revoked key touch it.
/// @dev The cap of the session key is charged when collateral is committed, and given back when it is released unused.
abstract contract Collateral is PoolBase {
    /// @notice EIP-712 type of an allocation, which a session key signs.
    bytes32 public constant ALLOCATE_TYPEHASH =
        keccak256("Allocate(address payer,bytes32 root,uint128 total,uint40 until)");

    /// @notice Sets money of the caller's deposit aside for payees under a session key; adds to what they have.
    /// @param signer The session key whose vouchers draw on it.
    /// @param payees Whom it is for.
    /// @param amounts How much for each.
    /// @param until Last second at which it can be drawn; not after the key's expiry.
    function reserve(address signer, address[] calldata payees, uint128[] calldata amounts, uint40 until) external {
        if (payees.length != amounts.length) revert LengthsDiffer(payees.length, amounts.length);
        for (uint256 i = 0; i < payees.length; ++i) {
            if (payees[i] == address(0)) revert ZeroAddress();
            Reservation storage reservation = reservations[msg.sender][signer][payees[i]];
            // What has run out is free again before it is set aside anew.
            if (reservation.amount > 0 && reservation.until < block.timestamp) {
                _release(msg.sender, signer, reservation.amount);
                reservation.amount = 0;
            }
            if (until < reservation.until) revert UntilOutOfRange(until, reservation.until);
            _commit(msg.sender, signer, amounts[i], until);
            // Fits: what is locked never exceeds the balance, which is a uint128.
            reservation.amount += amounts[i];
            reservation.until = until;
            emit Reserved(msg.sender, signer, payees[i], amounts[i], until);
        }
    }

    /// @notice Sets money of the caller's deposit aside for all payees of a Merkle sum tree.
    /// @param signer The session key whose vouchers draw on it.
    /// @param root The root of the tree (`SumTree`).
    /// @param total Its sum.
    /// @param until Last second at which it can be drawn; not after the key's expiry.
    function allocate(address signer, bytes32 root, uint128 total, uint40 until) external {
        _allocate(msg.sender, signer, root, total, until);
    }

    /// @notice As `allocate`, signed by the session key; anyone may send it.
    /// @param order What the session key signed.
    /// @param signature 65 bytes (r, s, v).
    function allocateBySig(Allocate calldata order, bytes calldata signature) external {
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(ALLOCATE_TYPEHASH, order.payer, order.root, order.total, order.until))
        );
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure != ECDSA.RecoverError.NoError) revert BadSignature();
        _allocate(order.payer, signer, order.root, order.total, order.until);
    }

    /// @notice Frees reservations that have run out; anyone may call it. Reverts as a whole when one has not.
    /// @param payer Whose deposit they are part of.
    /// @param signer The session key they were made for; its cap grows by what is freed.
    /// @param payees Whose reservations.
    function release(address payer, address signer, address[] calldata payees) external {
        for (uint256 i = 0; i < payees.length; ++i) {
            Reservation storage reservation = reservations[payer][signer][payees[i]];
            uint128 amount = reservation.amount;
            if (amount == 0) revert NothingToRelease();
            if (reservation.until >= block.timestamp) revert StillLocked(reservation.until);
            reservation.amount = 0;
            _release(payer, signer, amount);
        }
    }

    /// @notice Frees what is left of an allocation that has run out; anyone may call it.
    /// @param payer Whose deposit it is part of.
    /// @param signer The session key it was made for; its cap grows by what is freed.
    /// @param root Which allocation. The root stays used.
    function releaseAllocation(address payer, address signer, bytes32 root) external {
        Allocation storage allocation = allocations[payer][signer][root];
        uint128 left = allocation.left;
        if (left == 0) revert NothingToRelease();
        if (allocation.until >= block.timestamp) revert StillLocked(allocation.until);
        allocation.left = 0;
        _release(payer, signer, left);
    }

    /// @notice What a payee can still draw from an allocation with this proof; 0 when the proof is wrong or late.
    /// @param payer Whose deposit backs it.
    /// @param signer The session key whose vouchers draw on it.
    /// @param payee Who would draw.
    /// @param proof Its limit, and the way from there to the root.
    function allocationCover(address payer, address signer, address payee, AllocationProof calldata proof)
        external
        view
        returns (uint128)
    {
        (uint128 cover,) = _allocationCover(payer, signer, payee, proof);
        return cover;
    }

    function _allocate(address payer, address signer, bytes32 root, uint128 total, uint40 until) private {
        Allocation storage allocation = allocations[payer][signer][root];
        // A root is used once, so that a signed allocation cannot be sent again.
        if (root == 0 || allocation.total != 0) revert AllocationKnown(root);
        _commit(payer, signer, total, until);
        allocation.total = total;
        allocation.left = total;
        allocation.until = until;
        emit Allocated(payer, signer, root, total, until);
    }

    function _commit(address payer, address signer, uint128 amount, uint40 until) private {
        if (amount == 0) revert ZeroAmount();
        SessionKey storage key = sessionKeys[payer][signer];
        uint40 expiry = key.expiry;
        if (expiry == 0) revert SignerUnknown(signer);
        if (expiry < block.timestamp) revert SignerExpired(expiry);
        if (until < block.timestamp || until > expiry) revert UntilOutOfRange(until, expiry);
        Account storage account = accounts[payer];
        uint128 free = _free(account);
        if (amount > free) revert NotFree(amount, free);
        uint256 spent = uint256(key.spent) + amount;
        if (spent > key.cap) revert CapExceeded(spent, key.cap);
        // Fits: spent ≤ cap, which is a uint128.
        key.spent = uint128(spent);
        account.locked += amount;
    }

    function _release(address payer, address signer, uint128 amount) private {
        accounts[payer].locked -= amount;
        sessionKeys[payer][signer].spent -= amount;
        emit Released(payer, signer, amount);
    }

    /// @dev What is reserved for a payee at this moment.
    function _reserved(address payer, address signer, address payee) internal view returns (uint128) {
        Reservation storage reservation = reservations[payer][signer][payee];
        return reservation.until < block.timestamp ? 0 : reservation.amount;
    }

    /// @return cover What the payee can draw now.
    /// @return isProven False when a root is named and the proof does not lead to it.
    function _allocationCover(address payer, address signer, address payee, AllocationProof memory proof)
        internal
        view
        returns (uint128 cover, bool isProven)
    {
        if (proof.root == 0) return (0, true);
        Allocation storage allocation = allocations[payer][signer][proof.root];
        if (allocation.total == 0 || !SumTree.proves(proof, payee, allocation.total)) return (0, false);
        if (allocation.until < block.timestamp) return (0, true);
        uint128 taken = drawn[payer][signer][proof.root][payee];
        uint128 own = proof.limit > taken ? proof.limit - taken : 0;
        return (own < allocation.left ? own : allocation.left, true);
    }
}
