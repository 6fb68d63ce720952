// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {PoolTypes} from "../src/pool/PoolTypes.sol";
import {VoucherPool} from "../src/VoucherPool.sol";
import {AttackFixture} from "./AttackFixture.sol";
import {GasBurner} from "./Attackers.sol";

/// @dev Attacks on relays, fees and signed orders. Each test says what the attacker gets: nothing, or how little.
contract OrderAttacksTest is AttackFixture {
    // ------------------------------------------------------------------------------------------------ relays and fees

    /// A thief copies a relay's transaction and is mined first: it earns the fee, the payee loses nothing by that, and
    /// the relay's own transaction fails before it has looked at a row.
    function test_a_copied_relay_transaction_costs_the_relay_no_rows() public {
        (PoolTypes.PayoutOrder memory order, bytes memory signature) = payoutOrder(100, 7, 0);
        PoolTypes.SignedVoucher[] memory rows = rowsOf(voucher(KEY, payee, 100, 100), 50);
        PoolTypes.AllocationProof[] memory none = new PoolTypes.AllocationProof[](0);
        bytes memory transaction = abi.encodeCall(pool.redeemFor, (rows, none, order, signature));
        vm.prank(THIEF);
        (bool ok,) = address(pool).call(transaction);
        isTrue(ok, "the thief's copy works");
        equal(token.balanceOf(THIEF), 7, "the fee, once");
        equal(token.balanceOf(ALICE), 93, "what the payee signed");
        vm.prank(RELAY);
        uint256 before = gasleft();
        bytes memory answer;
        (ok, answer) = address(pool).call(transaction);
        uint256 used = before - gasleft();
        isTrue(!ok && bytes4(answer) == Nonces.InvalidAccountNonce.selector, "refused by its nonce");
        isTrue(used < 50_000, "and before any row was looked at");
    }

    /// Anybody may redeem the vouchers of a pending relay transaction directly: the payee has all of it and pays no fee.
    function test_who_redeems_before_a_relay_pays_the_payee_in_full() public {
        (PoolTypes.PayoutOrder memory order, bytes memory signature) = payoutOrder(100, 7, 0);
        PoolTypes.SignedVoucher memory one = voucher(KEY, payee, 100, 100);
        pays(one, 100);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.NotEnoughCredit.selector, 100, 0));
        pool.redeemFor(rowsOf(one, 1), new PoolTypes.AllocationProof[](0), order, signature);
        equal(pool.nonces(payee), 0, "the order was not used");
    }

    /// A relay can put more into credit than the order pays out; the payee takes the rest out itself.
    function test_what_a_relay_redeems_above_the_order_stays_the_payees() public {
        (PoolTypes.PayoutOrder memory order, bytes memory signature) = payoutOrder(10, 1, 0);
        PoolTypes.SignedVoucher[] memory rows = rowsOf(voucher(KEY, payee, 1_000, 1_000), 1);
        vm.prank(RELAY);
        pool.redeemFor(rows, new PoolTypes.AllocationProof[](0), order, signature);
        equal(token.balanceOf(RELAY), 1, "the signed fee and no more");
        vm.prank(payee);
        pool.payout(payee, 990);
        equal(token.balanceOf(payee), 990, "the rest");
    }

    function test_a_payee_that_burns_gas_changes_nothing() public {
        payee = address(new GasBurner());
        (PoolTypes.PayoutOrder memory order, bytes memory signature) = payoutOrder(100, 7, 0);
        bytes memory transaction = abi.encodeCall(
            pool.redeemFor,
            (rowsOf(voucher(KEY, payee, 100, 100), 1), new PoolTypes.AllocationProof[](0), order, signature)
        );
        (bool ok, bytes memory answer) = address(pool).call{gas: 1_000_000}(transaction);
        isTrue(!ok && bytes4(answer) == PoolTypes.BadSignature.selector, "refused");
        equal(pool.credit(payee), 0, "credit");
        pays(voucher(KEY, payee, 100, 100), 100);
    }

    /// A plain account that delegates to code (EIP-7702) is asked like a contract: its own signature is not enough.
    function test_an_account_with_code_signs_by_its_code() public {
        pays(voucher(KEY, payee, 100, 100), 100);
        PoolTypes.AuthorizeOrder memory order = PoolTypes.AuthorizeOrder(payee, BOB, 5, EXPIRY, 0, DEADLINE);
        bytes memory signature = signOrder(PAYEE_KEY, authorizeHash(order));
        vm.etch(payee, address(new GasBurner()).code);
        bytes memory call = abi.encodeCall(pool.authorizeSignerBySig, (order, signature));
        (bool ok, bytes memory answer) = address(pool).call{gas: 1_000_000}(call);
        isTrue(!ok && bytes4(answer) == PoolTypes.BadSignature.selector, "refused by its code");
        vm.etch(payee, "");
        pool.authorizeSignerBySig(order, signature);
    }

    /// Account 0 signs nothing, though a failed recovery yields 0.
    function test_nobody_signs_for_account_zero() public {
        (PoolTypes.PayoutOrder memory order,) = payoutOrder(100, 7, 0);
        order.payee = address(0);
        PoolTypes.SignedVoucher[] memory rows = rowsOf(voucher(KEY, ALICE, 100, 100), 1);
        vm.expectRevert(PoolTypes.BadSignature.selector);
        pool.redeemFor(rows, new PoolTypes.AllocationProof[](0), order, new bytes(65));
    }

    /// A sender gives so little gas that the token's transfer fails: the payment must not turn into credit, for which a
    /// payee without gas would need a relay.
    function test_no_gas_limit_turns_a_payment_into_credit() public {
        bytes memory call = abi.encodeCall(pool.redeem, (rowsOf(voucher(KEY, ALICE, 100, 100), 1)));
        (uint256 refused, uint256 paid) = (0, 0);
        for (uint256 gas_ = 40_000; gas_ < 260_000; gas_ += 500) {
            (bool ok, bytes memory answer) = address(this).call(abi.encodeCall(this.tryWithGas, (call, gas_)));
            isTrue(!ok && bytes4(answer) == Tried.selector, "undone");
            (bool worked, uint256 credit) = abi.decode(tail(answer), (bool, uint256));
            equal(credit, 0, "credit");
            if (worked) ++paid;
            else ++refused;
        }
        isTrue(refused > 0 && paid > 0, "both sides of the edge were tried");
    }

    error Tried(bool worked, uint256 credit);

    /// @dev Always reverts, so that the next try starts from the same state.
    function tryWithGas(bytes calldata call, uint256 gas_) external {
        (bool ok,) = address(pool).call{gas: gas_}(call);
        revert Tried(ok, pool.credit(ALICE));
    }

    function tail(bytes memory answer) private pure returns (bytes memory rest) {
        rest = new bytes(answer.length - 4);
        for (uint256 i = 0; i < rest.length; ++i) rest[i] = answer[i + 4];
    }

    // ------------------------------------------------------------------------------------------------ orders

    /// All orders of an account share one counter: what was signed beside an order that was sent is void.
    function test_one_nonce_serves_one_order_of_any_kind() public {
        (PoolTypes.PayoutOrder memory order, bytes memory signature) = payoutOrder(100, 7, 0);
        PoolTypes.AuthorizeOrder memory other = PoolTypes.AuthorizeOrder(payee, BOB, 5, EXPIRY, 0, DEADLINE);
        pool.authorizeSignerBySig(other, signOrder(PAYEE_KEY, authorizeHash(other)));
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, payee, 1));
        pool.payoutBySig(order, signature);
    }

    function test_no_order_works_on_another_chain_or_pool() public {
        VoucherPool other = new VoucherPool(token, THAW, CEILING);
        (PoolTypes.PayoutOrder memory payout, bytes memory payoutSignature) = payoutOrder(100, 7, 0);
        PoolTypes.AuthorizeOrder memory authorize = PoolTypes.AuthorizeOrder(payee, BOB, 5, EXPIRY, 0, DEADLINE);
        bytes memory authorizeSignature = signOrder(PAYEE_KEY, authorizeHash(authorize));
        PoolTypes.Allocate memory allocate = PoolTypes.Allocate(PAYER, bytes32(uint256(9)), 10, EXPIRY);
        bytes memory allocateSignature = signOrder(
            KEY,
            keccak256(
                abi.encode(
                    pool.ALLOCATE_TYPEHASH(), allocate.payer, allocate.root, allocate.total, allocate.until
                )
            )
        );
        for (uint256 i = 0; i < 2; ++i) {
            VoucherPool where = i == 0 ? other : pool;
            if (i == 1) vm.chainId(5);
            vm.expectRevert(PoolTypes.BadSignature.selector);
            where.payoutBySig(payout, payoutSignature);
            vm.expectRevert(PoolTypes.BadSignature.selector);
            where.authorizeSignerBySig(authorize, authorizeSignature);
            // The signature is that of some other address there, which is no key of the payer.
            vm.expectRevert();
            where.allocateBySig(allocate, allocateSignature);
        }
        vm.chainId(31337);
        pool.authorizeSignerBySig(authorize, authorizeSignature);
        pool.allocateBySig(allocate, allocateSignature);
    }

    function test_every_field_of_an_authorisation_is_signed() public {
        PoolTypes.AuthorizeOrder memory order = PoolTypes.AuthorizeOrder(payee, BOB, 5, EXPIRY, 0, DEADLINE);
        bytes memory signature = signOrder(PAYEE_KEY, authorizeHash(order));
        for (uint256 field = 0; field < 5; ++field) {
            PoolTypes.AuthorizeOrder memory other = PoolTypes.AuthorizeOrder(payee, BOB, 5, EXPIRY, 0, DEADLINE);
            if (field == 0) other.payer = PAYER;
            if (field == 1) other.signer = ALICE;
            if (field == 2) other.cap += 1;
            if (field == 3) other.expiry += 1;
            if (field == 4) other.deadline += 1;
            vm.expectRevert(PoolTypes.BadSignature.selector);
            pool.authorizeSignerBySig(other, signature);
        }
        order.nonce = 1;
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, payee, 0));
        pool.authorizeSignerBySig(order, signature);
    }

    function test_every_field_of_an_allocation_is_signed() public {
        PoolTypes.Allocate memory order = PoolTypes.Allocate(PAYER, bytes32(uint256(9)), 10, EXPIRY - 1);
        bytes memory signature = signOrder(
            KEY,
            keccak256(abi.encode(pool.ALLOCATE_TYPEHASH(), order.payer, order.root, order.total, order.until))
        );
        for (uint256 field = 0; field < 4; ++field) {
            PoolTypes.Allocate memory other = PoolTypes.Allocate(PAYER, bytes32(uint256(9)), 10, EXPIRY - 1);
            if (field == 0) other.payer = payee;
            if (field == 1) other.root = bytes32(uint256(8));
            if (field == 2) other.total -= 1;
            if (field == 3) other.until -= 1;
            (bool ok, bytes memory answer) =
                address(pool).call(abi.encodeCall(pool.allocateBySig, (other, signature)));
            isTrue(!ok && bytes4(answer) == PoolTypes.SignerUnknown.selector, "some other address");
        }
        pool.allocateBySig(order, signature);
    }

    /// What a payer signed and did not send outlives its revocation: a limit of orders, bounded by their deadline.
    function test_an_unsent_order_undoes_a_revocation_until_its_deadline() public {
        PoolTypes.AuthorizeOrder memory order = PoolTypes.AuthorizeOrder(payee, BOB, 5, EXPIRY, 0, DEADLINE);
        bytes memory signature = signOrder(PAYEE_KEY, authorizeHash(order));
        vm.prank(payee);
        pool.authorizeSigner(BOB, 5, EXPIRY);
        vm.prank(payee);
        pool.revokeSigner(BOB);
        vm.warp(START + THAW);
        pool.authorizeSignerBySig(order, signature);
        equal(pool.payerState(payee, BOB, ALICE).expiry, EXPIRY, "back, for it had not expired yet");
    }
}
