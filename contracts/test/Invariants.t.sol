// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TestGLM} from "../src/TestGLM.sol";
import {VoucherPool} from "../src/VoucherPool.sol";
import {Checked} from "./Cheats.sol";

/// @dev Three payers with two session keys each and four payees do anything in any order; forge picks. Keys 0 and 1 of
/// each payer are honest except key 1 of payer 2, which promises without counting.
contract Handler is Checked {
    uint256 private constant PAYERS = 3;
    uint256 private constant KEYS = 2;
    uint256 private constant PAYEES = 4;

    VoucherPool public immutable pool;
    TestGLM public immutable token;

    uint256 public deposited;
    uint256 public withdrawn;
    uint256 public paidOut;
    bool public hasPayeeLost;
    bool public hasResultLied;

    mapping(uint256 key => mapping(uint256 payee => uint128)) private _promised;
    mapping(uint256 key => uint128) private _issued;
    VoucherPool.SignedVoucher[] private _made;

    constructor(VoucherPool pool_, TestGLM token_) {
        pool = pool_;
        token = token_;
    }

    function payer(uint256 i) public pure returns (address) {
        return address(uint160(0x9000 + (i % PAYERS)));
    }

    function payee(uint256 i) public pure returns (address) {
        return address(uint160(0x7000 + (i % PAYEES)));
    }

    /// @dev A private key per (payer, key).
    function key(uint256 who, uint256 which) public pure returns (uint256) {
        return 0x5000 + (who % PAYERS) * KEYS + (which % KEYS);
    }

    function isHonest(uint256 privateKey) public pure returns (bool) {
        return privateKey != key(2, 1);
    }

    function highestSigned(uint256 privateKey, uint256 to) external view returns (uint128) {
        return _promised[privateKey][to % PAYEES];
    }

    function deposit(uint256 who, uint256 amount) external {
        amount = bound(amount, 1, 100e18);
        address from = payer(who);
        if (token.balanceOf(from) < amount) return;
        vm.prank(from);
        pool.deposit(from, uint128(amount));
        deposited += amount;
    }

    function authorize(uint256 who, uint256 which, uint256 addCap, uint256 addTime) external {
        address from = payer(who);
        address signer = vm.addr(key(who, which));
        VoucherPool.PayerState memory state = pool.payerState(from, signer, from);
        if (state.expiry != 0 && state.expiry < block.timestamp) return;
        uint256 start = state.expiry == 0 ? block.timestamp : state.expiry;
        vm.prank(from);
        pool.authorizeSigner(
            signer, state.cap + uint128(bound(addCap, 1, 200e18)), uint40(start + bound(addTime, 0, 1_000))
        );
    }

    function revoke(uint256 who, uint256 which) external {
        address from = payer(who);
        address signer = vm.addr(key(who, which));
        if (pool.payerState(from, signer, from).expiry < block.timestamp) return;
        vm.prank(from);
        pool.revokeSigner(signer);
    }

    function sign(uint256 who, uint256 which, uint256 to, uint256 add) public {
        uint256 privateKey = key(who, which);
        uint128 more = uint128(bound(add, 1, 30e18));
        _promised[privateKey][to % PAYEES] += more;
        _issued[privateKey] += isHonest(privateKey) ? more : more / 4;
        VoucherPool.SignedVoucher memory made = VoucherPool.SignedVoucher(
            payer(who), payee(to), _promised[privateKey][to % PAYEES], _issued[privateKey], ""
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, pool.voucherDigest(made));
        made.signature = abi.encodePacked(r, s, v);
        _made.push(made);
    }

    /// @dev Redeems three vouchers out of all ever made, old ones and repeats included, and one forged.
    function redeem(uint256 seed) external {
        if (_made.length == 0) sign(seed, seed >> 8, seed >> 16, seed >> 24);
        VoucherPool.SignedVoucher[] memory rows = new VoucherPool.SignedVoucher[](4);
        for (uint256 i = 0; i < 3; ++i) {
            rows[i] = _made[uint256(keccak256(abi.encode(seed, i))) % _made.length];
        }
        rows[3] = _made[seed % _made.length];
        rows[3].amount += 1e18;

        uint256[] memory before = new uint256[](4);
        for (uint256 i = 0; i < 4; ++i) before[i] = token.balanceOf(payee(i));
        VoucherPool.RowResult[] memory results = pool.redeem(rows);
        uint256 told;
        for (uint256 i = 0; i < 4; ++i) told += results[i].paid;
        uint256 arrived;
        for (uint256 i = 0; i < 4; ++i) {
            uint256 now_ = token.balanceOf(payee(i));
            if (now_ < before[i]) hasPayeeLost = true;
            arrived += now_ - before[i];
        }
        if (told != arrived || results[3].paid != 0) hasResultLied = true;
        paidOut += arrived;
    }

    function thaw(uint256 who, uint256 amount) external {
        address from = payer(who);
        (uint128 balance, uint128 thawing,) = pool.accounts(from);
        if (balance == thawing) return;
        vm.prank(from);
        pool.thaw(uint128(bound(amount, 1, balance - thawing)));
    }

    function withdraw(uint256 who) external {
        address from = payer(who);
        (, uint128 thawing, uint40 endsAt) = pool.accounts(from);
        if (thawing == 0 || block.timestamp < endsAt) return;
        vm.prank(from);
        withdrawn += pool.withdraw(from);
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 50));
    }
}

contract Invariants is Checked {
    uint256 private constant PAYERS = 3;
    uint256 private constant KEYS = 2;
    uint256 private constant PAYEES = 4;

    TestGLM private token;
    VoucherPool private pool;
    Handler private handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        token = new TestGLM(address(this), 3_000e18);
        pool = new VoucherPool(token, 60, 100_000e18);
        handler = new Handler(pool, token);
        for (uint256 i = 0; i < PAYERS; ++i) {
            token.transfer(handler.payer(i), 1_000e18);
            vm.prank(handler.payer(i));
            token.approve(address(pool), type(uint256).max);
            handler.deposit(i, 50e18);
            for (uint256 k = 0; k < KEYS; ++k) handler.authorize(i, k, 100e18, 900);
        }
    }

    /// @dev Read by forge: only the handler acts.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_the_pool_holds_exactly_the_deposits() public view {
        uint256 sum;
        for (uint256 i = 0; i < PAYERS; ++i) {
            (uint128 balance,,) = pool.accounts(handler.payer(i));
            sum += balance;
        }
        equal(token.balanceOf(address(pool)), sum, "held");
        equal(handler.deposited(), handler.withdrawn() + handler.paidOut() + sum, "deposited");
    }

    function invariant_thawing_never_exceeds_the_balance() public view {
        for (uint256 i = 0; i < PAYERS; ++i) {
            (uint128 balance, uint128 thawing,) = pool.accounts(handler.payer(i));
            isTrue(thawing <= balance, "thawing <= balance");
        }
    }

    function invariant_spent_is_the_sum_of_claims_and_within_the_cap() public view {
        for (uint256 i = 0; i < PAYERS * KEYS; ++i) {
            uint256 privateKey = handler.key(i / KEYS, i % KEYS);
            address from = handler.payer(i / KEYS);
            address signer = vm.addr(privateKey);
            VoucherPool.PayerState memory state = pool.payerState(from, signer, from);
            uint256 sum;
            for (uint256 to = 0; to < PAYEES; ++to) {
                uint128 claimed = pool.claimed(from, signer, handler.payee(to));
                isTrue(claimed <= handler.highestSigned(privateKey, to), "claimed <= highest signed");
                sum += claimed;
            }
            equal(state.spent, sum, "spent");
            isTrue(state.spent <= state.cap, "spent <= cap");
        }
    }

    function invariant_only_the_dishonest_key_can_be_flagged() public view {
        for (uint256 i = 0; i < PAYERS * KEYS; ++i) {
            uint256 privateKey = handler.key(i / KEYS, i % KEYS);
            address from = handler.payer(i / KEYS);
            VoucherPool.PayerState memory state = pool.payerState(from, vm.addr(privateKey), from);
            if (handler.isHonest(privateKey)) isTrue(!state.isEquivocated, "honest keys are never flagged");
            else isTrue(state.isEquivocated || state.spent <= state.highestIssued, "flagged when caught");
        }
    }

    function invariant_results_tell_what_arrived_and_payees_never_lose() public view {
        isTrue(!handler.hasResultLied(), "results are what arrived, forged rows pay nothing");
        isTrue(!handler.hasPayeeLost(), "payees never lose");
    }
}
