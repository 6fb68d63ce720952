// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {PoolTypes} from "../src/pool/PoolTypes.sol";
import {VoucherPool} from "../src/VoucherPool.sol";
import {PoolFixture} from "./PoolFixture.sol";
import {Trees} from "./Trees.sol";

/// @dev Calls whoever receives it, and keeps a tenth of every transfer from the pool when told to.
contract HookToken is ERC20("Hook", "HOOK") {
    address public taxed;

    constructor(address holder) {
        _mint(holder, 1_000);
    }

    function tax(address sender) external {
        taxed = sender;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && from == taxed) super._update(to, address(0xFEE), value / 10);
        if (from != address(0) && to.code.length > 0) {
            (bool ok,) = to.call(abi.encodeWithSignature("received()"));
            ok;
        }
    }
}

/// @dev A payer that is a payee too, and that calls the pool from inside its own payment.
contract Schemer {
    VoucherPool private immutable pool;
    bytes[] private schemes;
    uint256 public worked;

    constructor(VoucherPool pool_, IERC20 token) {
        pool = pool_;
        token.approve(address(pool_), type(uint256).max);
    }

    function plan(bytes[] memory schemes_) external {
        for (uint256 i = 0; i < schemes_.length; ++i) schemes.push(schemes_[i]);
    }

    function act(bytes memory call) public returns (bool ok) {
        (ok,) = address(pool).call(call);
    }

    function received() external {
        for (uint256 i = 0; i < schemes.length; ++i) if (act(schemes[i])) ++worked;
    }
}

/// @dev A payee whose signature check burns all the gas it gets.
contract GasBurner is IERC1271 {
    function isValidSignature(bytes32, bytes memory) external pure returns (bytes4) {
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// @dev Attacks that were tried on the pool. Each test says what the attacker gets, which is nothing, or by how little.
contract AttacksTest is PoolFixture {
    uint256 private constant PAYEE_KEY = 0xFEE1;
    uint40 private constant DEADLINE = START + 100;
    address private constant RELAY = address(0x4E1A4);
    address private constant THIEF = address(0x7B1EF);

    address private payee;

    function setUp() public override {
        super.setUp();
        payee = vm.addr(PAYEE_KEY);
    }

    function payoutOrder(uint128 amount, uint128 fee, uint256 nonce)
        private
        view
        returns (PoolTypes.PayoutOrder memory order, bytes memory signature)
    {
        order = PoolTypes.PayoutOrder(payee, ALICE, amount, fee, nonce, DEADLINE);
        signature = signOrder(PAYEE_KEY, payoutHash(order));
    }

    function payoutHash(PoolTypes.PayoutOrder memory o) private view returns (bytes32) {
        return keccak256(
            abi.encode(pool.PAYOUT_TYPEHASH(), o.payee, o.to, o.amount, o.fee, o.nonce, o.deadline)
        );
    }

    function authorizeHash(PoolTypes.AuthorizeOrder memory o) private view returns (bytes32) {
        return keccak256(
            abi.encode(pool.AUTHORIZE_TYPEHASH(), o.payer, o.signer, o.cap, o.expiry, o.nonce, o.deadline)
        );
    }

    function rowsOf(PoolTypes.SignedVoucher memory one, uint256 times)
        private
        pure
        returns (PoolTypes.SignedVoucher[] memory rows)
    {
        rows = new PoolTypes.SignedVoucher[](times);
        for (uint256 i = 0; i < times; ++i) rows[i] = one;
    }

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
