// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {PoolTypes} from "../src/pool/PoolTypes.sol";
import {VoucherPool} from "../src/VoucherPool.sol";
import {PoolFixture} from "./PoolFixture.sol";

/// @dev Keeps a tenth of every transfer.
contract FeeToken is ERC20("Fee", "FEE") {
    constructor(address holder) {
        _mint(holder, 1_000);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0)) super._update(to, address(0xFEE), value / 10);
    }
}

/// @dev Calls the pool again while the pool is paying.
contract ReenteringToken is ERC20("Re", "RE") {
    VoucherPool public pool;
    bytes public call;
    bytes public answer;

    constructor(address holder) {
        _mint(holder, 1_000);
    }

    function arm(VoucherPool pool_, bytes calldata call_) external {
        (pool, call) = (pool_, call_);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (call.length == 0) return;
        (, answer) = address(pool).call(call);
    }
}

contract DepositTest is PoolFixture {
    function test_the_constructor_refuses_nonsense() public {
        vm.expectRevert(PoolTypes.ZeroAddress.selector);
        new VoucherPool(IERC20(address(0)), THAW, CEILING);
        vm.expectRevert(PoolTypes.ZeroAmount.selector);
        new VoucherPool(token, 0, CEILING);
        vm.expectRevert(PoolTypes.ZeroAmount.selector);
        new VoucherPool(token, THAW, 0);
    }

    function test_credits_whom_the_caller_names() public {
        vm.prank(PAYER);
        pool.deposit(ALICE, 7);
        (uint128 balance,,,) = pool.accounts(ALICE);
        equal(balance, 7, "balance of alice");
        equal(balanceOfPayer(), FUNDS, "balance of the payer");
    }

    function test_credits_exactly_what_arrived() public {
        FeeToken fees = new FeeToken(PAYER);
        pool = new VoucherPool(fees, THAW, CEILING);
        vm.prank(PAYER);
        fees.approve(address(pool), 100);
        vm.prank(PAYER);
        pool.deposit(PAYER, 100);
        equal(balanceOfPayer(), 90, "credited");
        equal(fees.balanceOf(address(pool)), 90, "held");
    }

    function test_refuses_nothing_nobody_and_too_much() public {
        vm.prank(PAYER);
        vm.expectRevert(PoolTypes.ZeroAmount.selector);
        pool.deposit(PAYER, 0);
        vm.prank(PAYER);
        vm.expectRevert(PoolTypes.ZeroAddress.selector);
        pool.deposit(address(0), 1);
        pool = new VoucherPool(token, THAW, 10);
        vm.prank(PAYER);
        token.approve(address(pool), 11);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.DepositCeilingReached.selector, 11, 10));
        pool.deposit(PAYER, 11);
    }

    function test_nothing_can_be_called_again_from_inside() public {
        ReenteringToken token_ = new ReenteringToken(PAYER);
        pool = new VoucherPool(token_, THAW, CEILING);
        vm.prank(PAYER);
        token_.approve(address(pool), 1_000);
        vm.prank(PAYER);
        pool.depositAndAuthorize(100, signer, 100, EXPIRY);

        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](1);
        rows[0] = voucher(KEY, ALICE, 40, 40);
        bytes[3] memory calls = [
            abi.encodeCall(pool.redeem, (rows)),
            abi.encodeCall(pool.deposit, (ALICE, 1)),
            abi.encodeCall(pool.withdraw, (ALICE))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            token_.arm(pool, calls[i]);
            rows[0] = voucher(KEY, ALICE, uint128(10 * (i + 1)), uint128(10 * (i + 1)));
            equal(pool.redeem(rows)[0].paid, 10, "paid once");
            isTrue(
                bytes4(token_.answer()) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector,
                "the inner call was refused by the guard"
            );
        }
        equal(balanceOfPayer(), 70, "deposit");
    }

    // ------------------------------------------------------------------------------------------------ session keys

    function test_cap_and_expiry_only_rise() public {
        vm.prank(PAYER);
        pool.authorizeSigner(signer, FUNDS + 1, EXPIRY + 1);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.CapFell.selector, FUNDS + 1, FUNDS));
        pool.authorizeSigner(signer, FUNDS, EXPIRY + 1);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.ExpiryFell.selector, EXPIRY + 1, EXPIRY));
        pool.authorizeSigner(signer, FUNDS + 1, EXPIRY);
    }

    function test_a_key_needs_an_address_a_cap_and_a_future() public {
        vm.prank(PAYER);
        vm.expectRevert(PoolTypes.ZeroAddress.selector);
        pool.authorizeSigner(address(0), 1, EXPIRY);
        vm.prank(PAYER);
        vm.expectRevert(PoolTypes.ZeroAmount.selector);
        pool.authorizeSigner(BOB, 0, EXPIRY);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.ExpiryInPast.selector, START - 1));
        pool.authorizeSigner(BOB, 1, START - 1);
    }

    function test_an_expired_key_never_comes_back() public {
        vm.warp(EXPIRY + 1);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.SignerExpired.selector, EXPIRY));
        pool.authorizeSigner(signer, FUNDS, EXPIRY + 1 days);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.SignerExpired.selector, EXPIRY));
        pool.revokeSigner(signer);
    }

    function test_a_revoked_key_is_redeemable_through_the_thaw_never_after() public {
        vm.expectEmit();
        emit PoolTypes.SignerRevoking(PAYER, signer, START + THAW);
        vm.prank(PAYER);
        pool.revokeSigner(signer);
        vm.warp(START + THAW);
        pays(voucher(KEY, ALICE, 5, 5), 5);
        vm.warp(START + THAW + 1);
        paysNothing(voucher(KEY, ALICE, 9, 9), PoolTypes.SkipReason.KeyExpired);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.SignerExpired.selector, START + THAW));
        pool.authorizeSigner(signer, FUNDS, EXPIRY);
    }

    function test_revoking_never_prolongs_a_key() public {
        vm.warp(EXPIRY - 1);
        vm.prank(PAYER);
        pool.revokeSigner(signer);
        equal(pool.payerState(PAYER, signer, ALICE).expiry, EXPIRY, "expiry");
    }

    function test_revoking_an_unknown_key_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.SignerUnknown.selector, BOB));
        pool.revokeSigner(BOB);
    }

    // ------------------------------------------------------------------------------------------------ thaw, withdraw

    function test_thaw_then_withdraw() public {
        vm.expectEmit();
        emit PoolTypes.ThawStarted(PAYER, 100, 100, START + THAW);
        vm.prank(PAYER);
        pool.thaw(100);
        vm.warp(START + THAW - 1);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.StillThawing.selector, START + THAW));
        pool.withdraw(BOB);
        vm.warp(START + THAW);
        vm.prank(PAYER);
        equal(pool.withdraw(BOB), 100, "withdrawn");
        equal(token.balanceOf(BOB), 100, "arrived");
        equal(balanceOfPayer(), FUNDS - 100, "deposit");
        vm.prank(PAYER);
        vm.expectRevert(PoolTypes.NothingThawing.selector);
        pool.withdraw(BOB);
    }

    function test_thawing_more_restarts_the_wait_for_all() public {
        vm.prank(PAYER);
        pool.thaw(100);
        vm.warp(START + THAW - 1);
        vm.prank(PAYER);
        pool.thaw(1);
        vm.warp(START + THAW);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.StillThawing.selector, START + 2 * THAW - 1));
        pool.withdraw(BOB);
    }

    function test_thawing_money_is_still_redeemable_until_it_is_withdrawn() public {
        vm.prank(PAYER);
        pool.thaw(FUNDS);
        pays(voucher(KEY, ALICE, 40, 40), 40);
        vm.warp(START + THAW);
        pays(voucher(KEY, ALICE, 100, 100), 60);
        vm.prank(PAYER);
        equal(pool.withdraw(PAYER), FUNDS - 100, "withdrawn");
    }

    function test_thaw_and_withdraw_refuse_nonsense() public {
        vm.prank(PAYER);
        vm.expectRevert(PoolTypes.ZeroAmount.selector);
        pool.thaw(0);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.NotFree.selector, FUNDS + 1, FUNDS));
        pool.thaw(FUNDS + 1);
        vm.prank(PAYER);
        vm.expectRevert(PoolTypes.ZeroAddress.selector);
        pool.withdraw(address(0));
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.ForbiddenAddress.selector, address(pool)));
        pool.withdraw(address(pool));
    }
}
