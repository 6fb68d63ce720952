// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PoolTypes} from "../src/pool/PoolTypes.sol";
import {VoucherPool} from "../src/VoucherPool.sol";
import {Trees} from "./Trees.sol";
import {AttackFixture} from "./AttackFixture.sol";
import {HookToken, Schemer} from "./Attackers.sol";

/// @dev Attacks on deposits, keys, collateral and by odd tokens. Each test says what the attacker gets: nothing, or how
/// little.
contract AttacksTest is AttackFixture {
    // ------------------------------------------------------------------------------------------------ deposits

    /// Filling a stranger's ceiling is a gift to it; it blocks deposits only for as long as the gift stays.
    function test_filling_a_strangers_ceiling_is_a_gift() public {
        pool = new VoucherPool(token, THAW, 100);
        vm.prank(PAYER);
        token.transfer(THIEF, 60);
        vm.prank(PAYER);
        token.transfer(payee, 41);
        vm.prank(THIEF);
        token.approve(address(pool), 60);
        vm.prank(THIEF);
        pool.deposit(payee, 60);
        vm.prank(payee);
        token.approve(address(pool), 41);
        vm.prank(payee);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.DepositCeilingReached.selector, 101, 100));
        pool.deposit(payee, 41);
        vm.prank(payee);
        pool.thaw(60);
        vm.warp(START + THAW);
        vm.prank(payee);
        pool.withdraw(payee);
        equal(token.balanceOf(payee), 101, "the stranger's 60 are the payer's now");
    }

    /// Who approved the pool loses nothing to somebody who deposits: tokens come from the caller, or by signature.
    function test_an_approval_is_of_no_use_to_strangers() public {
        uint256 before = token.balanceOf(PAYER);
        vm.prank(THIEF);
        vm.expectRevert();
        pool.deposit(THIEF, 100);
        PoolTypes.DepositOrder memory order =
            PoolTypes.DepositOrder(PAYER, 100, THIEF, 100, EXPIRY, 0, DEADLINE);
        bytes memory signature = signOrder(
            PAYEE_KEY,
            keccak256(
                abi.encode(
                    pool.DEPOSIT_TYPEHASH(), order.payer, order.amount, order.signer, order.cap, order.expiry,
                    order.nonce, order.deadline
                )
            )
        );
        vm.expectRevert(PoolTypes.BadSignature.selector);
        pool.depositBySig(order, signature);
        equal(token.balanceOf(PAYER), before, "tokens of the payer");
    }

    // ------------------------------------------------------------------------------------------------ keys

    /// Naming somebody else's session key as one's own draws on nothing but one's own deposit.
    function test_a_foreign_key_spends_only_the_deposit_that_its_voucher_names() public {
        vm.prank(PAYER);
        token.transfer(THIEF, 100);
        vm.prank(THIEF);
        token.approve(address(pool), 100);
        vm.prank(THIEF);
        pool.depositAndAuthorize(100, signer, 100, EXPIRY);
        pays(voucher(KEY, ALICE, 30, 30), 30);
        equal(pool.payerState(THIEF, signer, ALICE).balance, 100, "deposit of the other");
        equal(pool.payerState(THIEF, signer, ALICE).claimed, 0, "claimed of the other");
    }

    /// A session key that lies upwards is never marked; what it can take stays below its cap, and all see the lie.
    function test_an_inflated_issued_hides_equivocation_but_pays_no_more_than_the_cap() public {
        pays(voucher(KEY, THIEF, 1, type(uint128).max), 1);
        pays(voucher(KEY, ALICE, FUNDS - 1, 5), FUNDS - 1);
        PoolTypes.PayerState memory state = pool.payerState(PAYER, signer, ALICE);
        isTrue(!state.isEquivocated, "not marked");
        isTrue(state.highestIssued > state.cap, "but no honest key issues more than its cap");
        vm.prank(PAYER);
        pool.deposit(PAYER, 50);
        paysNothing(voucher(KEY, ALICE, FUNDS + 49, 5), PoolTypes.SkipReason.CapReached);
    }

    /// Whoever was promised nothing cannot make a key look dishonest.
    function test_strangers_cannot_touch_issued() public {
        PoolTypes.SignedVoucher memory forged = voucher(PAYEE_KEY, ALICE, 10, type(uint128).max);
        paysNothing(forged, PoolTypes.SkipReason.UnknownKey);
        equal(pool.payerState(PAYER, signer, ALICE).highestIssued, 0, "issued");
        pays(voucher(KEY, ALICE, 10, 10), 10);
        isTrue(!pool.payerState(PAYER, signer, ALICE).isEquivocated, "not marked");
    }

    /// Revoking and thawing in one block: for the whole of the thaw the voucher is paid and nothing can leave.
    function test_a_payer_that_leaves_in_one_block_waits_as_long_as_its_payees_may_redeem() public {
        vm.prank(PAYER);
        pool.thaw(FUNDS);
        vm.prank(PAYER);
        pool.revokeSigner(signer);
        vm.warp(START + THAW - 1);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.StillThawing.selector, START + THAW));
        pool.withdraw(PAYER);
        pays(voucher(KEY, ALICE, FUNDS, FUNDS), FUNDS);
        vm.warp(START + THAW);
        vm.prank(PAYER);
        vm.expectRevert(PoolTypes.NothingThawing.selector);
        pool.withdraw(PAYER);
    }

    // ------------------------------------------------------------------------------------------------ collateral

    /// An inner node that understates what lies below it proves nothing, so limits never add up to more than the total.
    function test_no_tree_proves_more_than_its_total(uint128 first, uint128 second, uint128 lie) public {
        (uint128 a, uint128 b) = (uint128(bound(first, 1, FUNDS)), uint128(bound(second, 1, FUNDS)));
        Trees.Node memory left = Trees.leaf(ALICE, a);
        Trees.Node memory right = Trees.leaf(BOB, b);
        uint128 total = uint128(bound(lie, 1, FUNDS));
        left.sum = uint128(bound(lie, 0, total));
        right.sum = total - left.sum;
        Trees.Node memory root = Trees.parent(left, right);
        vm.prank(PAYER);
        pool.allocate(signer, root.hash, total, EXPIRY);
        PoolTypes.Sibling[] memory beside = new PoolTypes.Sibling[](1);
        beside[0] = PoolTypes.Sibling(right.hash, right.sum, false);
        uint256 sum = pool.allocationCover(
            PAYER, signer, ALICE, PoolTypes.AllocationProof(root.hash, a, beside)
        );
        beside[0] = PoolTypes.Sibling(left.hash, left.sum, true);
        sum += pool.allocationCover(PAYER, signer, BOB, PoolTypes.AllocationProof(root.hash, b, beside));
        isTrue(sum <= total, "the sum of the limits");
    }

    /// A payee repeats one leaf in many rows, and reaches its leaf by two ways: it draws its limit once.
    function test_a_leaf_that_occurs_twice_pays_once() public {
        Trees.Node memory leaf = Trees.leaf(ALICE, 40);
        Trees.Node memory root = Trees.parent(leaf, leaf);
        vm.prank(PAYER);
        pool.allocate(signer, root.hash, root.sum, EXPIRY);
        vm.prank(PAYER);
        pool.thaw(FUNDS - 80);
        vm.warp(START + THAW);
        vm.prank(PAYER);
        pool.withdraw(PAYER);
        PoolTypes.AllocationProof[] memory proofs = new PoolTypes.AllocationProof[](3);
        for (uint256 i = 0; i < 3; ++i) {
            PoolTypes.Sibling[] memory beside = new PoolTypes.Sibling[](1);
            beside[0] = PoolTypes.Sibling(leaf.hash, leaf.sum, i % 2 == 0);
            proofs[i] = PoolTypes.AllocationProof(root.hash, 40, beside);
        }
        pool.redeemCovered(rowsOf(voucher(KEY, ALICE, 80, 80), 3), proofs);
        equal(token.balanceOf(ALICE), 40, "the limit");
    }

    /// A stolen session key may lock money by allocations, up to its cap and its expiry, and no longer.
    function test_a_stolen_key_locks_no_more_than_its_cap_until_it_ends() public {
        address stolen = vm.addr(0x57013);
        vm.prank(PAYER);
        pool.authorizeSigner(stolen, 30, EXPIRY);
        vm.prank(PAYER);
        pool.revokeSigner(stolen);
        for (uint256 i = 0; i < 3; ++i) {
            PoolTypes.Allocate memory order = PoolTypes.Allocate(PAYER, bytes32(i + 1), 30, START + THAW);
            if (i == 1) order.total = 1;
            if (i == 2) order.until += 1;
            bytes memory signature = signOrder(
                0x57013,
                keccak256(
                    abi.encode(pool.ALLOCATE_TYPEHASH(), order.payer, order.root, order.total, order.until)
                )
            );
            if (i == 1) vm.expectRevert(abi.encodeWithSelector(PoolTypes.CapExceeded.selector, 31, 30));
            if (i == 2) {
                vm.expectRevert(
                    abi.encodeWithSelector(
                        PoolTypes.UntilOutOfRange.selector, START + THAW + 1, START + THAW
                    )
                );
            }
            pool.allocateBySig(order, signature);
        }
        vm.warp(START + THAW + 1);
        pool.releaseAllocation(PAYER, stolen, bytes32(uint256(1)));
        equal(pool.payerState(PAYER, stolen, ALICE).locked, 0, "locked");
    }

    // ------------------------------------------------------------------------------------------------ odd tokens

    /// A payer pays itself in the first row and, from inside, thaws, reserves and authorises what is left. What it can
    /// reach is its own free money; covered payees later in the batch are paid, and the books add up.
    function test_a_payer_that_acts_inside_its_own_payment_reaches_no_collateral() public {
        HookToken hooked = new HookToken(address(this));
        pool = new VoucherPool(hooked, THAW, CEILING);
        Schemer schemer = new Schemer(pool, hooked);
        hooked.transfer(address(schemer), 100);
        isTrue(schemer.act(abi.encodeCall(pool.depositAndAuthorize, (100, signer, 100, EXPIRY))), "deposit");
        (address[] memory payees, uint128[] memory amounts) = (new address[](1), new uint128[](1));
        (payees[0], amounts[0]) = (ALICE, 40);
        isTrue(schemer.act(abi.encodeCall(pool.reserve, (signer, payees, amounts, EXPIRY))), "reserve");

        bytes[] memory schemes = new bytes[](6);
        schemes[0] = abi.encodeCall(pool.thaw, (40));
        (payees[0], amounts[0]) = (THIEF, 10);
        schemes[1] = abi.encodeCall(pool.reserve, (signer, payees, amounts, EXPIRY));
        schemes[2] = abi.encodeCall(pool.authorizeSigner, (THIEF, 1_000, EXPIRY));
        schemes[3] = abi.encodeCall(pool.withdraw, (address(schemer)));
        schemes[4] = abi.encodeCall(pool.payout, (address(schemer), 1));
        schemes[5] = abi.encodeCall(pool.thaw, (1));
        schemer.plan(schemes);
        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](2);
        rows[0] = voucherFor(pool, address(schemer), KEY, address(schemer), 10, 10);
        rows[1] = voucherFor(pool, address(schemer), KEY, ALICE, 40, 50);
        PoolTypes.RowResult[] memory results = pool.redeem(rows);
        equal(schemer.worked(), 3, "thaw, reserve and authorise worked, the rest did not");
        equal(results[0].paid, 10, "its own row");
        equal(results[1].paid, 40, "the covered payee");
        equal(hooked.balanceOf(ALICE), 40, "arrived");
        PoolTypes.PayerState memory state = pool.payerState(address(schemer), signer, ALICE);
        equal(state.balance, 50, "deposit");
        equal(state.locked, 10, "locked");
        equal(state.thawing, 40, "thawing");
        equal(hooked.balanceOf(address(pool)), 50, "held");
    }

    /// A token that takes a fee from what the pool sends: payees bear it, and nobody else's money makes up for it.
    function test_a_token_that_taxes_payments_leaves_the_pool_solvent() public {
        HookToken taxed = new HookToken(PAYER);
        pool = new VoucherPool(taxed, THAW, CEILING);
        vm.prank(PAYER);
        taxed.approve(address(pool), 1_000);
        vm.prank(PAYER);
        pool.depositAndAuthorize(500, signer, 500, EXPIRY);
        taxed.tax(address(pool));
        (uint128 paid,) = redeemOne(voucher(KEY, ALICE, 100, 100));
        equal(paid, 100, "left the deposit");
        equal(taxed.balanceOf(ALICE), 90, "arrived");
        equal(taxed.balanceOf(address(pool)), balanceOfPayer(), "held");
    }

    // ------------------------------------------------------------------------------------------------ dust

    /// A hundred vouchers of one unit each pay what one of a hundred does, and no unit more.
    function test_dust_adds_up_exactly() public {
        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](100);
        for (uint128 i = 0; i < 100; ++i) rows[i] = voucher(KEY, ALICE, i + 1, i + 1);
        PoolTypes.RowResult[] memory results = pool.redeem(rows);
        for (uint256 i = 0; i < 100; ++i) equal(results[i].paid, 1, "a unit");
        equal(token.balanceOf(ALICE), 100, "in all");
        equal(balanceOfPayer(), FUNDS - 100, "deposit");
    }
}
