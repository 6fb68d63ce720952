// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PoolTypes} from "../src/pool/PoolTypes.sol";
import {SumTree} from "../src/pool/SumTree.sol";
import {PoolFixture} from "./PoolFixture.sol";
import {Trees} from "./Trees.sol";

/// @dev Lets a test call the library as a contract would.
contract Prover {
    function proves(PoolTypes.AllocationProof memory proof, address payee, uint128 total)
        external
        pure
        returns (bool)
    {
        return SumTree.proves(proof, payee, total);
    }
}

contract CollateralTest is PoolFixture {
    uint40 private constant UNTIL = START + 1 hours;
    address private constant MALLORY = address(0xBAD);

    function reserveFor(address payee, uint128 amount, uint40 until) private {
        (address[] memory payees, uint128[] memory amounts) = (new address[](1), new uint128[](1));
        (payees[0], amounts[0]) = (payee, amount);
        vm.prank(PAYER);
        pool.reserve(signer, payees, amounts, until);
    }

    function allocateTo(address[] memory payees, uint128[] memory limits) private returns (bytes32) {
        (Trees.Node memory root,) = Trees.tree(payees, limits, 0);
        vm.prank(PAYER);
        pool.allocate(signer, root.hash, root.sum, UNTIL);
        return root.hash;
    }

    function redeemCovered(PoolTypes.SignedVoucher memory owed, PoolTypes.AllocationProof memory proof)
        private
        returns (uint128 paid, PoolTypes.SkipReason reason)
    {
        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](1);
        PoolTypes.AllocationProof[] memory proofs = new PoolTypes.AllocationProof[](1);
        (rows[0], proofs[0]) = (owed, proof);
        PoolTypes.RowResult[] memory results = pool.redeemCovered(rows, proofs);
        return (results[0].paid, results[0].reason);
    }

    function few() private pure returns (address[] memory payees, uint128[] memory limits) {
        (payees, limits) = (new address[](3), new uint128[](3));
        (payees[0], payees[1], payees[2]) = (ALICE, BOB, address(0xCA201));
        (limits[0], limits[1], limits[2]) = (100, 50, 25);
    }

    function one(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }

    function state() private view returns (PoolTypes.PayerState memory) {
        return pool.payerState(PAYER, signer, ALICE);
    }

    // ------------------------------------------------------------------------------------------------ reserve

    function test_a_reservation_locks_money_and_charges_the_cap() public {
        vm.expectEmit();
        emit PoolTypes.Reserved(PAYER, signer, ALICE, 100, UNTIL);
        reserveFor(ALICE, 100, UNTIL);
        equal(state().locked, 100, "locked");
        equal(state().spent, 100, "spent");
        equal(state().reserved, 100, "reserved");
        equal(state().reservedUntil, UNTIL, "until");
        reserveFor(ALICE, 20, UNTIL + 1);
        equal(state().reserved, 120, "a second one adds");
        equal(state().reservedUntil, UNTIL + 1, "and lasts longer");
    }

    function test_reserved_money_cannot_thaw() public {
        reserveFor(ALICE, 100, UNTIL);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.NotFree.selector, FUNDS - 99, FUNDS - 100));
        pool.thaw(FUNDS - 99);
        vm.prank(PAYER);
        pool.thaw(FUNDS - 100);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.NotFree.selector, 1, 0));
        pool.allocate(signer, bytes32(uint256(1)), 1, UNTIL);
    }

    function test_collateral_is_paid_when_all_else_is_gone() public {
        reserveFor(ALICE, 100, UNTIL);
        pays(voucher(KEY, BOB, FUNDS, FUNDS), FUNDS - 100);
        equal(state().spent, FUNDS, "the cap is used up");
        pays(voucher(KEY, ALICE, 130, FUNDS + 130), 100);
        paysNothing(voucher(KEY, ALICE, 131, FUNDS + 131), PoolTypes.SkipReason.CapReached);
        equal(balanceOfPayer(), 0, "deposit");
        equal(state().locked, 0, "locked");
    }

    function test_collateral_goes_first_and_the_rest_is_uncovered() public {
        reserveFor(ALICE, 100, UNTIL);
        pays(voucher(KEY, ALICE, 60, 60), 60);
        equal(state().reserved, 40, "reserved");
        equal(state().spent, 100, "charged when it was committed");
        equal(state().redeemed, 60, "redeemed");
        pays(voucher(KEY, ALICE, 150, 150), 90);
        equal(state().spent, 150, "the rest is charged now");
        equal(state().redeemed, 150, "redeemed");
        equal(state().locked, 0, "locked");
    }

    function test_collateral_outlives_a_revoked_key_and_nothing_else_does() public {
        reserveFor(ALICE, 100, UNTIL);
        vm.prank(PAYER);
        pool.revokeSigner(signer);
        vm.warp(START + THAW + 1);
        paysNothing(voucher(KEY, BOB, 5, 5), PoolTypes.SkipReason.KeyExpired);
        pays(voucher(KEY, ALICE, 130, 130), 100);
        paysNothing(voucher(KEY, ALICE, 140, 140), PoolTypes.SkipReason.KeyExpired);
    }

    function test_collateral_ends_with_its_last_second() public {
        reserveFor(ALICE, 100, UNTIL);
        vm.prank(PAYER);
        pool.revokeSigner(signer);
        vm.warp(UNTIL);
        pays(voucher(KEY, ALICE, 10, 10), 10);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.StillLocked.selector, UNTIL));
        pool.release(PAYER, signer, one(ALICE));
        vm.warp(UNTIL + 1);
        paysNothing(voucher(KEY, ALICE, 20, 20), PoolTypes.SkipReason.KeyExpired);
        vm.expectEmit();
        emit PoolTypes.Released(PAYER, signer, 90);
        pool.release(PAYER, signer, one(ALICE));
        equal(state().locked, 0, "locked");
        equal(state().spent, 10, "the cap has the unused part again");
        vm.expectRevert(PoolTypes.NothingToRelease.selector);
        pool.release(PAYER, signer, one(ALICE));
    }

    function test_an_expired_reservation_is_freed_when_it_is_made_anew() public {
        reserveFor(ALICE, 100, UNTIL);
        vm.warp(UNTIL + 1);
        reserveFor(ALICE, 30, UNTIL + 10);
        equal(state().locked, 30, "locked");
        equal(state().spent, 30, "spent");
        equal(state().reserved, 30, "reserved");
    }

    function test_reserve_refuses_nonsense() public {
        (address[] memory payees, uint128[] memory amounts) = (one(ALICE), new uint128[](2));
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.LengthsDiffer.selector, 1, 2));
        pool.reserve(signer, payees, amounts, UNTIL);
        refusesReserve(address(0), signer, 1, UNTIL, abi.encodeWithSelector(PoolTypes.ZeroAddress.selector));
        refusesReserve(ALICE, signer, 0, UNTIL, abi.encodeWithSelector(PoolTypes.ZeroAmount.selector));
        refusesReserve(ALICE, BOB, 1, UNTIL, abi.encodeWithSelector(PoolTypes.SignerUnknown.selector, BOB));
        refusesReserve(
            ALICE, signer, 1, START - 1, abi.encodeWithSelector(PoolTypes.UntilOutOfRange.selector, START - 1, EXPIRY)
        );
        refusesReserve(
            ALICE, signer, 1, EXPIRY + 1, abi.encodeWithSelector(PoolTypes.UntilOutOfRange.selector, EXPIRY + 1, EXPIRY)
        );
        refusesReserve(
            ALICE, signer, FUNDS + 1, UNTIL, abi.encodeWithSelector(PoolTypes.NotFree.selector, FUNDS + 1, FUNDS)
        );
        reserveFor(ALICE, 1, UNTIL);
        refusesReserve(
            ALICE, signer, 1, UNTIL - 1, abi.encodeWithSelector(PoolTypes.UntilOutOfRange.selector, UNTIL - 1, UNTIL)
        );
        vm.prank(PAYER);
        pool.deposit(PAYER, 10);
        refusesReserve(
            BOB, signer, FUNDS, UNTIL, abi.encodeWithSelector(PoolTypes.CapExceeded.selector, FUNDS + 1, FUNDS)
        );
        vm.warp(EXPIRY + 1);
        refusesReserve(
            BOB, signer, 1, EXPIRY + 2, abi.encodeWithSelector(PoolTypes.SignerExpired.selector, EXPIRY)
        );
    }

    function refusesReserve(address payee, address key, uint128 amount, uint40 until, bytes memory why) private {
        uint128[] memory amounts = new uint128[](1);
        amounts[0] = amount;
        vm.prank(PAYER);
        vm.expectRevert(why);
        pool.reserve(key, one(payee), amounts, until);
    }

    // ------------------------------------------------------------------------------------------------ allocate

    function test_an_allocation_pays_each_leaf_up_to_its_limit() public {
        (address[] memory payees, uint128[] memory limits) = few();
        allocateTo(payees, limits);
        // Everything that is not set aside goes elsewhere.
        pays(voucher(KEY, MALLORY, FUNDS, FUNDS), FUNDS - 175);
        for (uint256 i = 0; i < payees.length; ++i) {
            (, PoolTypes.AllocationProof memory proof) = Trees.tree(payees, limits, i);
            equal(pool.allocationCover(PAYER, signer, payees[i], proof), limits[i], "cover");
            (uint128 paid,) = redeemCovered(voucher(KEY, payees[i], 1_000, FUNDS), proof);
            equal(paid, limits[i], "paid");
            equal(pool.allocationCover(PAYER, signer, payees[i], proof), 0, "cover left");
        }
        equal(balanceOfPayer(), 0, "deposit");
    }

    function test_every_leaf_of_a_tree_of_any_size_has_a_proof(uint256 seed) public {
        uint256 count = bound(seed, 1, 40);
        (address[] memory payees, uint128[] memory limits) = (new address[](count), new uint128[](count));
        for (uint256 i = 0; i < count; ++i) {
            payees[i] = address(uint160(0x1000 + i));
            limits[i] = uint128(1 + (uint256(keccak256(abi.encode(seed, i))) % 1e18));
        }
        uint256 index = uint256(keccak256(abi.encode(seed))) % count;
        (Trees.Node memory root, PoolTypes.AllocationProof memory proof) = Trees.tree(payees, limits, index);
        Prover prover = new Prover();
        isTrue(prover.proves(proof, payees[index], root.sum), "proven");
        isTrue(!prover.proves(proof, address(0x999), root.sum), "not for another payee");
        isTrue(!prover.proves(proof, payees[index], root.sum + 1), "not for another sum");
        proof.limit += 1;
        isTrue(!prover.proves(proof, payees[index], root.sum), "not for a higher limit");
        isTrue(!prover.proves(proof, payees[index], root.sum + 1), "nor with a higher sum");
    }

    function test_forged_proofs_pay_nothing() public {
        (address[] memory payees, uint128[] memory limits) = few();
        allocateTo(payees, limits);
        (, PoolTypes.AllocationProof memory proof) = Trees.tree(payees, limits, 0);
        PoolTypes.SignedVoucher memory owed = voucher(KEY, ALICE, 100, 100);

        proof.siblings[0].sum += 1;
        forged(owed, proof);
        proof.siblings[0].sum -= 1;
        proof.siblings[0].isLeft = !proof.siblings[0].isLeft;
        forged(owed, proof);
        proof.siblings[0].isLeft = !proof.siblings[0].isLeft;
        proof.siblings[1].hash = bytes32(uint256(1));
        forged(owed, proof);
        (, proof) = Trees.tree(payees, limits, 1);
        forged(owed, proof);
        (, proof) = Trees.tree(payees, limits, 0);
        proof.root = keccak256("another root");
        forged(owed, proof);
        // An inner node passed off as a leaf: the domain byte is another.
        proof.root = Trees.parent(Trees.leaf(ALICE, 100), Trees.leaf(BOB, 50)).hash;
        proof.siblings = new PoolTypes.Sibling[](0);
        forged(owed, proof);
        proof.siblings = new PoolTypes.Sibling[](33);
        forged(owed, proof);
        equal(state().claimed, 0, "claimed");
    }

    function forged(PoolTypes.SignedVoucher memory owed, PoolTypes.AllocationProof memory proof) private {
        (uint128 paid, PoolTypes.SkipReason reason) = redeemCovered(owed, proof);
        equal(paid, 0, "paid");
        equal(uint256(reason), uint256(PoolTypes.SkipReason.BadProof), "reason");
        equal(pool.allocationCover(PAYER, signer, ALICE, proof), 0, "cover");
    }

    /// A payer builds a tree whose sums wrap, to promise more than it locks.
    function test_sums_that_do_not_fit_prove_nothing() public {
        uint128 huge = type(uint128).max;
        PoolTypes.AllocationProof memory proof =
            PoolTypes.AllocationProof(bytes32(0), 100, new PoolTypes.Sibling[](1));
        proof.siblings[0] = PoolTypes.Sibling(bytes32(uint256(7)), huge, false);
        bytes32 leafHash = Trees.leaf(ALICE, 100).hash;
        proof.root = keccak256(abi.encodePacked(bytes1(0x01), leafHash, uint128(100), bytes32(uint256(7)), huge));
        isTrue(!new Prover().proves(proof, ALICE, 99), "a wrapped sum is refused");
    }

    function test_a_proof_has_at_most_32_siblings() public {
        Prover prover = new Prover();
        for (uint256 depth = 32; depth <= 33; ++depth) {
            PoolTypes.AllocationProof memory proof =
                PoolTypes.AllocationProof(bytes32(0), 100, new PoolTypes.Sibling[](depth));
            Trees.Node memory node = Trees.leaf(ALICE, 100);
            for (uint256 i = 0; i < depth; ++i) {
                node = Trees.parent(node, Trees.Node(bytes32(0), 0));
            }
            proof.root = node.hash;
            isTrue(prover.proves(proof, ALICE, 100) == (depth == 32), "a tree of 2^32 payees, and no deeper");
        }
    }

    function test_two_leaves_of_one_payee_pay_no_more_than_the_larger() public {
        (address[] memory payees, uint128[] memory limits) = (new address[](2), new uint128[](2));
        (payees[0], payees[1], limits[0], limits[1]) = (ALICE, ALICE, 100, 60);
        allocateTo(payees, limits);
        pays(voucher(KEY, MALLORY, FUNDS, FUNDS), FUNDS - 160);
        (, PoolTypes.AllocationProof memory first) = Trees.tree(payees, limits, 0);
        (, PoolTypes.AllocationProof memory second) = Trees.tree(payees, limits, 1);
        (uint128 paid,) = redeemCovered(voucher(KEY, ALICE, 500, FUNDS), second);
        equal(paid, 60, "second leaf");
        (paid,) = redeemCovered(voucher(KEY, ALICE, 500, FUNDS), first);
        equal(paid, 40, "first leaf");
    }

    function test_what_is_left_of_an_allocation_comes_back_after_its_time() public {
        (address[] memory payees, uint128[] memory limits) = few();
        bytes32 root = allocateTo(payees, limits);
        (, PoolTypes.AllocationProof memory proof) = Trees.tree(payees, limits, 1);
        redeemCovered(voucher(KEY, BOB, 20, 20), proof);
        vm.warp(UNTIL);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.StillLocked.selector, UNTIL));
        pool.releaseAllocation(PAYER, signer, root);
        vm.warp(UNTIL + 1);
        equal(pool.allocationCover(PAYER, signer, BOB, proof), 0, "cover is over");
        pool.releaseAllocation(PAYER, signer, root);
        equal(state().locked, 0, "locked");
        equal(state().spent, 20, "spent");
        vm.expectRevert(PoolTypes.NothingToRelease.selector);
        pool.releaseAllocation(PAYER, signer, root);
        (uint128 paid,) = redeemCovered(voucher(KEY, BOB, 30, 30), proof);
        equal(paid, 10, "uncovered now");
    }

    function test_a_session_key_allocates_by_signature_once() public {
        (address[] memory payees, uint128[] memory limits) = few();
        (Trees.Node memory root,) = Trees.tree(payees, limits, 0);
        PoolTypes.Allocate memory order = PoolTypes.Allocate(PAYER, root.hash, root.sum, UNTIL);
        bytes memory signature = signed(KEY, order);
        vm.expectEmit();
        emit PoolTypes.Allocated(PAYER, signer, root.hash, root.sum, UNTIL);
        pool.allocateBySig(order, signature);
        equal(state().locked, 175, "locked");
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.AllocationKnown.selector, root.hash));
        pool.allocateBySig(order, signature);
        vm.warp(UNTIL + 1);
        pool.releaseAllocation(PAYER, signer, root.hash);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.AllocationKnown.selector, root.hash));
        pool.allocateBySig(order, signature);
    }

    function test_a_changed_or_foreign_allocation_is_refused() public {
        PoolTypes.Allocate memory order = PoolTypes.Allocate(PAYER, bytes32(uint256(9)), 10, UNTIL);
        bytes memory signature = signed(KEY, order);
        order.total = 11;
        // The signature belongs to some other address now, which is no key of the payer.
        vm.expectRevert();
        pool.allocateBySig(order, signature);
        signature = signed(0xBEEF, order);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.SignerUnknown.selector, vm.addr(0xBEEF)));
        pool.allocateBySig(order, signature);
        vm.expectRevert(PoolTypes.BadSignature.selector);
        pool.allocateBySig(order, new bytes(65));
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.AllocationKnown.selector, bytes32(0)));
        pool.allocate(signer, 0, 10, UNTIL);
    }

    function signed(uint256 key, PoolTypes.Allocate memory order) private view returns (bytes memory) {
        return signOrder(
            key, keccak256(abi.encode(pool.ALLOCATE_TYPEHASH(), order.payer, order.root, order.total, order.until))
        );
    }

    function test_redeem_covered_wants_a_proof_per_row() public {
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.LengthsDiffer.selector, 1, 0));
        pool.redeemCovered(new PoolTypes.SignedVoucher[](1), new PoolTypes.AllocationProof[](0));
    }

    function test_both_kinds_of_collateral_and_free_money_add_up(uint128 promised) public {
        promised = uint128(bound(promised, 1, FUNDS));
        (address[] memory payees, uint128[] memory limits) = few();
        allocateTo(payees, limits);
        reserveFor(ALICE, 40, UNTIL);
        (, PoolTypes.AllocationProof memory proof) = Trees.tree(payees, limits, 0);
        (uint128 paid,) = redeemCovered(voucher(KEY, ALICE, promised, promised), proof);
        uint128 most = FUNDS - 75;
        equal(paid, promised < most ? promised : most, "paid");
        equal(token.balanceOf(address(pool)), balanceOfPayer(), "held");
    }

    // ------------------------------------------------------------------------------------------------ self-drain

    /// The payer signs to a second address of its own and takes all that is free in one block.
    function test_a_payer_can_drain_what_backs_uncovered_vouchers() public {
        PoolTypes.SignedVoucher memory honest = voucher(KEY, ALICE, 100, 100);
        pays(voucher(KEY, MALLORY, FUNDS, FUNDS + 100), FUNDS);
        paysNothing(honest, PoolTypes.SkipReason.CapReached);
    }

    function test_a_payer_cannot_drain_what_backs_covered_vouchers() public {
        reserveFor(ALICE, 100, UNTIL);
        PoolTypes.SignedVoucher memory honest = voucher(KEY, ALICE, 100, 100);
        pays(voucher(KEY, MALLORY, FUNDS, FUNDS + 100), FUNDS - 100);
        vm.prank(PAYER);
        pool.revokeSigner(signer);
        vm.warp(UNTIL);
        pays(honest, 100);
    }
}
