// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {PoolTypes} from "../src/pool/PoolTypes.sol";
import {VoucherPool} from "../src/VoucherPool.sol";
import {PoolFixture} from "./PoolFixture.sol";

/// @dev A token that refuses to pay one account, as tokens with block lists do.
contract RefusingToken is ERC20("Refusing", "NO") {
    address public immutable refused;

    constructor(address refused_, address holder, uint256 supply) {
        refused = refused_;
        _mint(holder, supply);
    }

    function _update(address from, address to, uint256 value) internal override {
        require(to != refused, "refused");
        super._update(from, to, value);
    }
}

contract RedeemTest is PoolFixture {
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function test_pays_the_payee_whoever_calls() public {
        vm.prank(address(0x5EED));
        pays(voucher(KEY, ALICE, 5e18, 5e18), 5e18);
        equal(balanceOfPayer(), FUNDS - 5e18, "deposit");
    }

    function test_is_cumulative_and_an_older_voucher_owes_nothing() public {
        pays(voucher(KEY, ALICE, 5, 5), 5);
        pays(voucher(KEY, ALICE, 12, 12), 7);
        paysNothing(voucher(KEY, ALICE, 5, 5), PoolTypes.SkipReason.NothingOwed);
        paysNothing(voucher(KEY, ALICE, 12, 12), PoolTypes.SkipReason.NothingOwed);
    }

    function test_twice_in_one_batch_pays_once() public {
        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](2);
        rows[0] = rows[1] = voucher(KEY, ALICE, 9, 9);
        PoolTypes.RowResult[] memory results = pool.redeem(rows);
        equal(results[0].paid, 9, "first");
        equal(results[1].paid, 0, "second");
        equal(token.balanceOf(ALICE), 9, "arrived");
    }

    function test_an_empty_batch_does_nothing() public {
        equal(pool.redeem(new PoolTypes.SignedVoucher[](0)).length, 0, "rows");
    }

    // ------------------------------------------------------------------------------------------------ replay

    function test_on_another_chain_pays_nothing() public {
        PoolTypes.SignedVoucher memory here = voucher(KEY, ALICE, 5, 5);
        vm.chainId(block.chainid + 1);
        paysNothing(here, PoolTypes.SkipReason.UnknownKey);
    }

    function test_on_another_pool_pays_nothing() public {
        VoucherPool other = new VoucherPool(token, THAW, CEILING);
        paysNothing(voucherFor(other, PAYER, KEY, ALICE, 5, 5), PoolTypes.SkipReason.UnknownKey);
    }

    function test_of_another_payer_pays_nothing() public {
        paysNothing(voucherFor(pool, BOB, KEY, ALICE, 5, 5), PoolTypes.SkipReason.UnknownKey);
    }

    // ------------------------------------------------------------------------------------------------ bad rows

    function test_bad_row_signature_of_wrong_length() public {
        PoolTypes.SignedVoucher memory bad = voucher(KEY, ALICE, 5, 5);
        bad.signature = abi.encodePacked(bad.signature, bytes1(0));
        paysNothing(bad, PoolTypes.SkipReason.BadSignature);
        bad.signature = "";
        paysNothing(bad, PoolTypes.SkipReason.BadSignature);
    }

    function test_bad_row_signature_of_zeros() public {
        PoolTypes.SignedVoucher memory bad = voucher(KEY, ALICE, 5, 5);
        bad.signature = new bytes(65);
        paysNothing(bad, PoolTypes.SkipReason.BadSignature);
    }

    function test_bad_row_malleated_signature() public {
        PoolTypes.SignedVoucher memory bad = voucher(KEY, ALICE, 5, 5);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, pool.voucherDigest(bad));
        isTrue(uint256(s) <= HALF_ORDER, "signatures have a low s");
        bad.signature = abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? 28 : 27);
        paysNothing(bad, PoolTypes.SkipReason.BadSignature);
    }

    function test_bad_row_changed_field() public {
        PoolTypes.SignedVoucher memory bad = voucher(KEY, ALICE, 5, 5);
        bad.amount = 6;
        paysNothing(bad, PoolTypes.SkipReason.UnknownKey);
        bad = voucher(KEY, ALICE, 5, 5);
        bad.payee = BOB;
        paysNothing(bad, PoolTypes.SkipReason.UnknownKey);
        bad = voucher(KEY, ALICE, 5, 5);
        bad.issued = 6;
        paysNothing(bad, PoolTypes.SkipReason.UnknownKey);
    }

    function test_bad_row_unknown_key() public {
        paysNothing(voucher(0xBAD, ALICE, 5, 5), PoolTypes.SkipReason.UnknownKey);
    }

    function test_bad_row_forbidden_payee() public {
        paysNothing(voucher(KEY, address(0), 5, 5), PoolTypes.SkipReason.ForbiddenPayee);
        paysNothing(voucher(KEY, address(pool), 5, 5), PoolTypes.SkipReason.ForbiddenPayee);
        equal(token.balanceOf(address(pool)), FUNDS, "money of the pool");
    }

    function test_bad_row_nothing_owed() public {
        paysNothing(voucher(KEY, ALICE, 0, 0), PoolTypes.SkipReason.NothingOwed);
    }

    function test_bad_row_expired_key() public {
        vm.warp(EXPIRY);
        pays(voucher(KEY, ALICE, 5, 5), 5);
        vm.warp(EXPIRY + 1);
        paysNothing(voucher(KEY, ALICE, 6, 6), PoolTypes.SkipReason.KeyExpired);
    }

    function test_bad_row_cap_reached() public {
        pool.deposit(PAYER, _give(10));
        pays(voucher(KEY, ALICE, FUNDS + 5, FUNDS + 5), FUNDS);
        paysNothing(voucher(KEY, ALICE, FUNDS + 5, FUNDS + 5), PoolTypes.SkipReason.CapReached);
        equal(balanceOfPayer(), 10, "money beyond the cap stays");
    }

    function test_bad_row_not_covered() public {
        PoolTypes.SignedVoucher memory owed = voucher(KEY, ALICE, 5, 5);
        vm.prank(PAYER);
        pool.thaw(FUNDS);
        vm.warp(START + THAW);
        vm.prank(PAYER);
        pool.withdraw(PAYER);
        vm.expectEmit();
        emit PoolTypes.Shortfall(PAYER, signer, ALICE, 5);
        paysNothing(owed, PoolTypes.SkipReason.NotCovered);
    }

    function test_what_the_token_refuses_to_send_becomes_credit() public {
        RefusingToken picky = new RefusingToken(ALICE, PAYER, FUNDS);
        pool = new VoucherPool(picky, THAW, CEILING);
        vm.prank(PAYER);
        picky.approve(address(pool), FUNDS);
        vm.prank(PAYER);
        pool.depositAndAuthorize(100, signer, 100, EXPIRY);

        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](2);
        rows[0] = voucher(KEY, ALICE, 60, 60);
        rows[1] = voucher(KEY, BOB, 40, 100);
        PoolTypes.RowResult[] memory results = pool.redeem(rows);
        equal(results[0].paid, 60, "redeemed");
        equal(results[1].paid, 40, "good row");
        equal(pool.credit(ALICE), 60, "credit");
        equal(picky.balanceOf(address(pool)), 60, "held for the payee");
        paysNothing(rows[0], PoolTypes.SkipReason.NothingOwed);
        vm.prank(ALICE);
        pool.payout(BOB, 60);
        equal(picky.balanceOf(BOB), 100, "the payee takes it elsewhere");
        equal(pool.credit(ALICE), 0, "credit left");
    }

    /// Good rows are paid whatever stands around them.
    function test_good_rows_are_paid_among_bad_ones(uint256 seed) public {
        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](9);
        uint128 issued;
        uint256 good;
        for (uint256 i = 0; i < rows.length; ++i) {
            uint256 pick = uint256(keccak256(abi.encode(seed, i))) % 7;
            address payee = address(uint160(0x1000 + i));
            rows[i] = voucher(KEY, payee, 10, issued + 10);
            if (pick == 0) rows[i].signature = new bytes(65);
            else if (pick == 1) rows[i].signature = "";
            else if (pick == 2) rows[i].amount = 11;
            else if (pick == 3) rows[i] = voucher(0xBAD, payee, 10, 10);
            else if (pick == 4) rows[i] = voucher(KEY, address(0), 10, 10);
            else if (pick == 5) rows[i] = voucherFor(pool, BOB, KEY, payee, 10, 10);
            else {
                issued += 10;
                ++good;
            }
        }
        PoolTypes.RowResult[] memory results = pool.redeem(rows);
        uint256 paid;
        for (uint256 i = 0; i < results.length; ++i) {
            equal(token.balanceOf(address(uint160(0x1000 + i))), results[i].paid, "arrived");
            paid += results[i].paid;
        }
        equal(paid, good * 10, "all good rows");
        isTrue(!pool.payerState(PAYER, signer, ALICE).isEquivocated, "an honest key is not flagged");
    }

    // ------------------------------------------------------------------------------------------------ partial payment

    function test_partial_payment_then_top_up_pays_the_exact_rest_and_then_nothing(uint128 amount, uint128 funds) public {
        amount = uint128(bound(amount, 2, FUNDS));
        funds = uint128(bound(funds, 1, amount - 1));
        uint256 key = 0xC0FFEE;
        address other = address(0x0773);
        _fund(other, funds, vm.addr(key), amount);

        PoolTypes.SignedVoucher memory owed = voucherFor(pool, other, key, ALICE, amount, amount);
        vm.expectEmit();
        emit PoolTypes.Shortfall(other, vm.addr(key), ALICE, amount - funds);
        pays(owed, funds);
        pool.deposit(other, _give(FUNDS));
        pays(owed, amount - funds);
        paysNothing(owed, PoolTypes.SkipReason.NothingOwed);
    }

    // ------------------------------------------------------------------------------------------------ equivocation

    function test_equivocation_is_marked_when_more_was_redeemed_than_issued() public {
        pays(voucher(KEY, ALICE, 10, 10), 10);
        vm.expectEmit();
        emit PoolTypes.Equivocation(PAYER, signer, 20, 10);
        pays(voucher(KEY, BOB, 10, 10), 10);
        PoolTypes.PayerState memory state = pool.payerState(PAYER, signer, BOB);
        isTrue(state.isEquivocated, "marked");
        equal(state.highestIssued, 10, "highest issued");
    }

    function test_equivocation_mark_stays_and_is_told_once() public {
        pays(voucher(KEY, ALICE, 10, 5), 10);
        vm.recordLogs();
        pays(voucher(KEY, BOB, 10, 100), 10);
        isTrue(pool.payerState(PAYER, signer, BOB).isEquivocated, "still marked");
        equal(vm.getRecordedLogs().length, 2, "only the transfer and Redeemed");
    }

    /// Whatever subset of an honest key's vouchers is redeemed in whatever order, it is never flagged.
    function test_honest_issued_is_never_flagged(uint256 seed) public {
        PoolTypes.SignedVoucher[] memory made = new PoolTypes.SignedVoucher[](12);
        uint128[3] memory promised;
        uint128 issued;
        for (uint256 i = 0; i < made.length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint128 add = uint128(bound(random, 1, 50e18));
            uint256 payee = (random >> 128) % 3;
            promised[payee] += add;
            issued += add;
            made[i] = voucher(KEY, address(uint160(0x2000 + payee)), promised[payee], issued);
        }
        for (uint256 i = 0; i < 20; ++i) {
            redeemOne(made[uint256(keccak256(abi.encode(seed, "order", i))) % made.length]);
        }
        isTrue(!pool.payerState(PAYER, signer, ALICE).isEquivocated, "honest");
    }

    function _give(uint128 amount) private returns (uint128) {
        vm.prank(PAYER);
        token.transfer(address(this), amount);
        token.approve(address(pool), amount);
        return amount;
    }

    function _fund(address payer, uint128 amount, address key, uint128 cap) private {
        vm.prank(PAYER);
        token.transfer(payer, amount);
        vm.prank(payer);
        token.approve(address(pool), amount);
        vm.prank(payer);
        pool.depositAndAuthorize(amount, key, cap, EXPIRY);
    }
}
