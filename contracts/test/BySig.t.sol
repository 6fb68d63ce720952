// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {PoolTypes} from "../src/pool/PoolTypes.sol";
import {TestMainnetGLM} from "../src/TestMainnetGLM.sol";
import {TestGLM} from "../src/TestGLM.sol";
import {VoucherPool} from "../src/VoucherPool.sol";
import {PoolFixture} from "./PoolFixture.sol";

/// @dev A contract account with one owner.
contract ContractAccount is IERC1271 {
    address private immutable owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function approve(TestGLM token, address spender) external {
        token.approve(spender, type(uint256).max);
    }

    function isValidSignature(bytes32 hash, bytes memory signature) external view returns (bytes4) {
        (address signer,,) = ECDSA.tryRecover(hash, signature);
        return signer == owner ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @dev Orders that others send: payers and payees here own no native coin.
contract BySigTest is PoolFixture {
    uint256 private constant OWNER_KEY = 0x0E0E;
    uint256 private constant PAYEE_KEY = 0xFEE1;
    address private constant RELAY = address(0x4E1A4);
    uint40 private constant DEADLINE = START + 100;

    address private owner;
    address private payee;

    function setUp() public override {
        super.setUp();
        owner = vm.addr(OWNER_KEY);
        payee = vm.addr(PAYEE_KEY);
        vm.prank(PAYER);
        token.transfer(owner, 500);
        vm.prank(owner);
        token.approve(address(pool), 500);
    }

    function depositOrder(address payer, uint256 nonce) private pure returns (PoolTypes.DepositOrder memory) {
        return PoolTypes.DepositOrder(payer, 300, BOB, 200, EXPIRY, nonce, DEADLINE);
    }

    function signDeposit(uint256 key, PoolTypes.DepositOrder memory o) private view returns (bytes memory) {
        return signOrder(
            key,
            keccak256(
                abi.encode(
                    pool.DEPOSIT_TYPEHASH(), o.payer, o.amount, o.signer, o.cap, o.expiry, o.nonce, o.deadline
                )
            )
        );
    }

    function signAuthorize(uint256 key, PoolTypes.AuthorizeOrder memory o) private view returns (bytes memory) {
        return signOrder(
            key,
            keccak256(
                abi.encode(pool.AUTHORIZE_TYPEHASH(), o.payer, o.signer, o.cap, o.expiry, o.nonce, o.deadline)
            )
        );
    }

    function signPayout(uint256 key, PoolTypes.PayoutOrder memory o) private view returns (bytes memory) {
        return signOrder(
            key,
            keccak256(
                abi.encode(pool.PAYOUT_TYPEHASH(), o.payee, o.to, o.amount, o.fee, o.nonce, o.deadline)
            )
        );
    }

    // ------------------------------------------------------------------------------------------------ deposit

    function test_a_signed_deposit_takes_the_payers_tokens_and_authorises_its_key() public {
        PoolTypes.DepositOrder memory order = depositOrder(owner, 0);
        bytes memory signature = signDeposit(OWNER_KEY, order);
        vm.prank(RELAY);
        pool.depositBySig(order, signature);
        PoolTypes.PayerState memory state = pool.payerState(owner, BOB, ALICE);
        equal(state.balance, 300, "balance");
        equal(state.cap, 200, "cap");
        equal(state.expiry, EXPIRY, "expiry");
        equal(token.balanceOf(owner), 200, "left");
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, owner, 1));
        pool.depositBySig(order, signature);
    }

    function test_a_signed_deposit_without_a_key_only_deposits() public {
        PoolTypes.DepositOrder memory order = depositOrder(owner, 0);
        order.signer = address(0);
        pool.depositBySig(order, signDeposit(OWNER_KEY, order));
        equal(pool.payerState(owner, BOB, ALICE).balance, 300, "balance");
        equal(pool.payerState(owner, address(0), ALICE).expiry, 0, "no key");
    }

    function test_every_field_of_a_deposit_is_signed() public {
        PoolTypes.DepositOrder memory order = depositOrder(owner, 0);
        bytes memory signature = signDeposit(OWNER_KEY, order);
        for (uint256 field = 0; field < 5; ++field) {
            PoolTypes.DepositOrder memory other = depositOrder(owner, 0);
            if (field == 0) other.amount += 1;
            if (field == 1) other.signer = ALICE;
            if (field == 2) other.cap += 1;
            if (field == 3) other.expiry += 1;
            if (field == 4) other.deadline += 1;
            vm.expectRevert(PoolTypes.BadSignature.selector);
            pool.depositBySig(other, signature);
        }
        order.payer = PAYER;
        vm.expectRevert(PoolTypes.BadSignature.selector);
        pool.depositBySig(order, signature);
    }

    function test_orders_end_at_their_deadline() public {
        PoolTypes.DepositOrder memory order = depositOrder(owner, 0);
        bytes memory signature = signDeposit(OWNER_KEY, order);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.SignatureExpired.selector, DEADLINE));
        pool.depositBySig(order, signature);
        vm.warp(DEADLINE);
        pool.depositBySig(order, signature);
    }

    function test_an_order_for_another_pool_or_chain_is_refused() public {
        PoolTypes.DepositOrder memory order = depositOrder(owner, 0);
        bytes memory signature = signDeposit(OWNER_KEY, order);
        VoucherPool other = new VoucherPool(token, THAW, CEILING);
        vm.expectRevert(PoolTypes.BadSignature.selector);
        other.depositBySig(order, signature);
        vm.chainId(5);
        vm.expectRevert(PoolTypes.BadSignature.selector);
        pool.depositBySig(order, signature);
    }

    function test_a_contract_account_deposits_by_signature() public {
        ContractAccount account = new ContractAccount(owner);
        vm.prank(PAYER);
        token.transfer(address(account), 300);
        account.approve(token, address(pool));
        PoolTypes.DepositOrder memory order = depositOrder(address(account), 0);
        bytes memory wrong = signDeposit(KEY, order);
        vm.expectRevert(PoolTypes.BadSignature.selector);
        pool.depositBySig(order, wrong);
        pool.depositBySig(order, signDeposit(OWNER_KEY, order));
        equal(pool.payerState(address(account), BOB, ALICE).balance, 300, "balance");
    }

    /// An account that owns tokens and no native coin: a meta-transaction approves, a signature deposits.
    function test_a_payer_without_gas_funds_a_session() public {
        address poor = vm.addr(0xD00D);
        vm.prank(PAYER);
        token.transfer(poor, 300);
        bytes memory call = abi.encodeCall(token.approve, (address(pool), 300));
        bytes32 structHash =
            keccak256(abi.encode(token.META_TRANSACTION_TYPEHASH(), 0, poor, keccak256(call)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(
            0xD00D, keccak256(abi.encodePacked(hex"1901", token.getDomainSeperator(), structHash))
        );
        vm.prank(RELAY);
        token.executeMetaTransaction(poor, call, r, s, v);
        PoolTypes.DepositOrder memory order = depositOrder(poor, 0);
        bytes memory signature = signDeposit(0xD00D, order);
        vm.prank(RELAY);
        pool.depositBySig(order, signature);
        equal(pool.payerState(poor, BOB, ALICE).balance, 300, "balance");
    }

    // ------------------------------------------------------------------------------------------------ DAI's permit

    function daiPermit(TestMainnetGLM glm, uint256 nonce) private view returns (PoolTypes.DaiPermit memory) {
        bytes32 structHash =
            keccak256(abi.encode(glm.PERMIT_TYPEHASH(), owner, address(pool), nonce, uint256(DEADLINE), true));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(
            OWNER_KEY, keccak256(abi.encodePacked(hex"1901", glm.DOMAIN_SEPARATOR(), structHash))
        );
        return PoolTypes.DaiPermit(nonce, DEADLINE, v, r, s);
    }

    function test_a_permit_of_dais_kind_deposits_in_one_transaction() public {
        TestMainnetGLM glm = new TestMainnetGLM(owner, 500);
        pool = new VoucherPool(glm, THAW, CEILING);
        PoolTypes.DaiPermit memory permit = daiPermit(glm, 0);
        vm.prank(owner);
        pool.depositWithDaiPermit(300, BOB, 200, EXPIRY, permit);
        equal(pool.payerState(owner, BOB, ALICE).balance, 300, "balance");
        equal(pool.payerState(owner, BOB, ALICE).cap, 200, "cap");
    }

    function test_a_permit_that_somebody_sent_before_does_not_block_the_deposit() public {
        TestMainnetGLM glm = new TestMainnetGLM(owner, 500);
        pool = new VoucherPool(glm, THAW, CEILING);
        PoolTypes.DaiPermit memory permit = daiPermit(glm, 0);
        glm.permit(owner, address(pool), 0, permit.expiry, true, permit.v, permit.r, permit.s);
        vm.prank(owner);
        pool.depositWithDaiPermit(300, BOB, 200, EXPIRY, permit);
        equal(pool.payerState(owner, BOB, ALICE).balance, 300, "balance");
    }

    function test_a_wrong_permit_deposits_nothing() public {
        TestMainnetGLM glm = new TestMainnetGLM(owner, 500);
        pool = new VoucherPool(glm, THAW, CEILING);
        PoolTypes.DaiPermit memory permit = daiPermit(glm, 1);
        vm.prank(owner);
        vm.expectRevert();
        pool.depositWithDaiPermit(300, BOB, 200, EXPIRY, permit);
    }

    // ------------------------------------------------------------------------------------------------ session keys

    function test_a_signed_authorisation_names_a_key_once() public {
        PoolTypes.AuthorizeOrder memory order = PoolTypes.AuthorizeOrder(owner, BOB, 70, EXPIRY, 0, DEADLINE);
        bytes memory signature = signAuthorize(OWNER_KEY, order);
        vm.prank(RELAY);
        pool.authorizeSignerBySig(order, signature);
        equal(pool.payerState(owner, BOB, ALICE).cap, 70, "cap");
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, owner, 1));
        pool.authorizeSignerBySig(order, signature);
        order.nonce = 1;
        order.cap = 80;
        vm.expectRevert(PoolTypes.BadSignature.selector);
        pool.authorizeSignerBySig(order, signature);
        signature = signAuthorize(KEY, order);
        vm.expectRevert(PoolTypes.BadSignature.selector);
        pool.authorizeSignerBySig(order, signature);
    }

    // ------------------------------------------------------------------------------------------------ payout

    function payoutOrder(uint128 amount, uint128 fee) private view returns (PoolTypes.PayoutOrder memory) {
        return PoolTypes.PayoutOrder(payee, ALICE, amount, fee, 0, DEADLINE);
    }

    function redeemFor(PoolTypes.SignedVoucher memory one, PoolTypes.PayoutOrder memory order)
        private
        returns (PoolTypes.RowResult[] memory)
    {
        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](1);
        rows[0] = one;
        bytes memory signature = signPayout(PAYEE_KEY, order);
        vm.prank(RELAY);
        return pool.redeemFor(rows, new PoolTypes.AllocationProof[](0), order, signature);
    }

    function test_a_relay_redeems_for_a_payee_and_takes_its_signed_fee() public {
        vm.expectEmit();
        emit PoolTypes.PaidOut(payee, ALICE, 100, 7);
        redeemFor(voucher(KEY, payee, 100, 100), payoutOrder(100, 7));
        equal(token.balanceOf(ALICE), 93, "to whom the payee named");
        equal(token.balanceOf(RELAY), 7, "fee");
        equal(pool.credit(payee), 0, "credit");
    }

    function test_rows_of_another_payee_are_skipped_there() public {
        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](2);
        rows[0] = voucher(KEY, BOB, 50, 50);
        rows[1] = voucher(KEY, payee, 100, 150);
        PoolTypes.PayoutOrder memory order = payoutOrder(100, 0);
        PoolTypes.RowResult[] memory results =
            pool.redeemFor(rows, new PoolTypes.AllocationProof[](0), order, signPayout(PAYEE_KEY, order));
        equal(uint256(results[0].reason), uint256(PoolTypes.SkipReason.ForbiddenPayee), "reason");
        equal(results[1].paid, 100, "paid");
        equal(token.balanceOf(BOB), 0, "nothing for the other");
    }

    function test_a_payout_that_the_redemption_does_not_cover_undoes_it() public {
        PoolTypes.SignedVoucher memory one = voucher(KEY, payee, 100, 100);
        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](1);
        rows[0] = one;
        PoolTypes.PayoutOrder memory order = payoutOrder(101, 1);
        bytes memory signature = signPayout(PAYEE_KEY, order);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.NotEnoughCredit.selector, 101, 100));
        pool.redeemFor(rows, new PoolTypes.AllocationProof[](0), order, signature);
        pays(one, 100);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.LengthsDiffer.selector, 1, 2));
        pool.redeemFor(rows, new PoolTypes.AllocationProof[](2), order, signature);
    }

    function test_credit_is_taken_out_by_the_payee_or_by_its_signature() public {
        redeemFor(voucher(KEY, payee, 100, 100), payoutOrder(40, 0));
        equal(pool.credit(payee), 60, "credit");
        PoolTypes.PayoutOrder memory order = payoutOrder(10, 10);
        order.nonce = 1;
        bytes memory signature = signPayout(PAYEE_KEY, order);
        vm.prank(RELAY);
        pool.payoutBySig(order, signature);
        equal(token.balanceOf(RELAY), 10, "all of it a fee");
        vm.prank(payee);
        pool.payout(BOB, 50);
        equal(token.balanceOf(BOB), 50, "to another address");
        vm.prank(payee);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.NotEnoughCredit.selector, 1, 0));
        pool.payout(BOB, 1);
    }

    function test_payout_refuses_nonsense() public {
        redeemFor(voucher(KEY, payee, 100, 100), payoutOrder(40, 0));
        PoolTypes.PayoutOrder memory order = payoutOrder(10, 11);
        order.nonce = 1;
        bytes memory signature = signPayout(PAYEE_KEY, order);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.FeeTooHigh.selector, 11, 10));
        pool.payoutBySig(order, signature);
        signature = signPayout(OWNER_KEY, order);
        vm.expectRevert(PoolTypes.BadSignature.selector);
        pool.payoutBySig(order, signature);
        vm.prank(payee);
        vm.expectRevert(PoolTypes.ZeroAddress.selector);
        pool.payout(address(0), 1);
        vm.prank(payee);
        vm.expectRevert(abi.encodeWithSelector(PoolTypes.ForbiddenAddress.selector, address(pool)));
        pool.payout(address(pool), 1);
        vm.prank(payee);
        vm.expectRevert(PoolTypes.ZeroAmount.selector);
        pool.payout(BOB, 0);
    }

    function test_every_field_of_a_payout_is_signed() public {
        redeemFor(voucher(KEY, payee, 100, 100), payoutOrder(40, 0));
        PoolTypes.PayoutOrder memory order = payoutOrder(10, 1);
        order.nonce = 1;
        bytes memory signature = signPayout(PAYEE_KEY, order);
        for (uint256 field = 0; field < 4; ++field) {
            PoolTypes.PayoutOrder memory other = payoutOrder(10, 1);
            other.nonce = 1;
            if (field == 0) other.to = BOB;
            if (field == 1) other.amount += 1;
            if (field == 2) other.fee += 1;
            if (field == 3) other.deadline += 1;
            vm.expectRevert(PoolTypes.BadSignature.selector);
            pool.payoutBySig(other, signature);
        }
    }
}
