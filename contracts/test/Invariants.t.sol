// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TestGLM} from "../src/TestGLM.sol";
import {PoolTypes} from "../src/pool/PoolTypes.sol";
import {VoucherPool} from "../src/VoucherPool.sol";
import {Checked} from "./Cheats.sol";
import {Trees} from "./Trees.sol";

/// @dev Three payers with two session keys each and four payees do anything in any order; forge picks. Keys 0 and 1 of
/// each payer are honest except key 1 of payer 2, which promises without counting.
contract Handler is Checked {
    uint256 private constant PAYERS = 3;
    uint256 private constant KEYS = 2;
    uint256 private constant PAYEES = 4;
    uint256 private constant MAX_TREES = 6;

    VoucherPool public immutable pool;
    TestGLM public immutable token;

    uint256 public deposited;
    uint256 public withdrawn;
    uint256 public paidOut;
    bool public hasPayeeLost;
    bool public hasResultLied;

    /// @dev Deriving an address takes longer than all else here.
    mapping(uint256 key => address) public signerOf;
    mapping(uint256 key => mapping(uint256 payee => uint128)) private _promised;
    mapping(uint256 key => uint128) private _issued;
    PoolTypes.SignedVoucher[] private _made;

    /// @dev A tree over all payees that some key was told to back.
    struct Tree {
        uint256 who;
        uint256 which;
        bytes32 root;
        uint128[] limits;
    }

    Tree[] private _trees;

    constructor(VoucherPool pool_, TestGLM token_) {
        pool = pool_;
        token = token_;
        for (uint256 i = 0; i < PAYERS * KEYS; ++i) {
            uint256 privateKey = key(i / KEYS, i % KEYS);
            signerOf[privateKey] = vm.addr(privateKey);
        }
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
        address signer = signerOf[key(who, which)];
        PoolTypes.PayerState memory state = pool.payerState(from, signer, from);
        if (state.expiry != 0 && state.expiry < block.timestamp) return;
        uint256 start = state.expiry == 0 ? block.timestamp : state.expiry;
        vm.prank(from);
        pool.authorizeSigner(
            signer, state.cap + uint128(bound(addCap, 1, 200e18)), uint40(start + bound(addTime, 0, 1_000))
        );
    }

    function revoke(uint256 who, uint256 which) external {
        address from = payer(who);
        address signer = signerOf[key(who, which)];
        if (pool.payerState(from, signer, from).expiry < block.timestamp) return;
        vm.prank(from);
        pool.revokeSigner(signer);
    }

    function sign(uint256 who, uint256 which, uint256 to, uint256 add) public {
        uint256 privateKey = key(who, which);
        uint128 more = uint128(bound(add, 1, 30e18));
        _promised[privateKey][to % PAYEES] += more;
        _issued[privateKey] += isHonest(privateKey) ? more : more / 4;
        PoolTypes.SignedVoucher memory made = PoolTypes.SignedVoucher(
            payer(who), payee(to), _promised[privateKey][to % PAYEES], _issued[privateKey], ""
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, pool.voucherDigest(made));
        made.signature = abi.encodePacked(r, s, v);
        _made.push(made);
    }

    /// @dev Redeems three vouchers out of all ever made, old ones and repeats included, and one forged.
    function redeem(uint256 seed) external {
        if (_made.length == 0) sign(seed, seed >> 8, seed >> 16, seed >> 24);
        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](4);
        for (uint256 i = 0; i < 3; ++i) {
            rows[i] = _made[uint256(keccak256(abi.encode(seed, i))) % _made.length];
        }
        rows[3] = _made[seed % _made.length];
        rows[3].amount += 1e18;

        uint256[] memory before = new uint256[](4);
        for (uint256 i = 0; i < 4; ++i) before[i] = token.balanceOf(payee(i));
        PoolTypes.RowResult[] memory results = pool.redeem(rows);
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

    /// @dev Sets a part of what is free, and of what the cap leaves, aside for one payee.
    function reserve(uint256 who, uint256 which, uint256 to, uint256 amount, uint256 time) external {
        uint128 most = _committable(who, which);
        if (most == 0) return;
        address signer = signerOf[key(who, which)];
        PoolTypes.PayerState memory state = pool.payerState(payer(who), signer, payee(to));
        uint256 least = state.reservedUntil > block.timestamp ? state.reservedUntil : block.timestamp;
        if (least > state.expiry) return;
        (address[] memory payees, uint128[] memory amounts) = (new address[](1), new uint128[](1));
        (payees[0], amounts[0]) = (payee(to), uint128(bound(amount, 1, most)));
        vm.prank(payer(who));
        pool.reserve(signer, payees, amounts, uint40(bound(time, least, state.expiry)));
    }

    /// @dev Backs all payees with a tree; a few trees are enough, for every check reads them all.
    function allocate(uint256 who, uint256 which, uint256 seed, uint256 time) external {
        uint128 most = _committable(who, which);
        if (most < PAYEES || _trees.length == MAX_TREES) return;
        Tree memory made = Tree(who, which, 0, new uint128[](PAYEES));
        for (uint256 i = 0; i < PAYEES; ++i) {
            made.limits[i] = uint128(bound(uint256(keccak256(abi.encode(seed, i))), 1, most / PAYEES));
        }
        (Trees.Node memory root,) = _proofOf(made, 0);
        made.root = root.hash;
        address signer = signerOf[key(who, which)];
        (uint128 total,,) = pool.allocations(payer(who), signer, root.hash);
        if (total != 0) return;
        uint256 expiry = pool.payerState(payer(who), signer, payer(who)).expiry;
        vm.prank(payer(who));
        pool.allocate(signer, root.hash, root.sum, uint40(bound(time, block.timestamp, expiry)));
        _trees.push(made);
    }

    /// @dev Redeems vouchers of a backed key with the proofs of their payees.
    function redeemCovered(uint256 seed) external {
        if (_trees.length == 0) return;
        Tree storage backed = _trees[seed % _trees.length];
        sign(backed.who, backed.which, seed >> 8, seed >> 16);
        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](1);
        PoolTypes.AllocationProof[] memory proofs = new PoolTypes.AllocationProof[](1);
        rows[0] = _made[_made.length - 1];
        (, proofs[0]) = _proofOf(backed, (seed >> 8) % PAYEES);
        uint256 before = token.balanceOf(rows[0].payee);
        uint128 paid = pool.redeemCovered(rows, proofs)[0].paid;
        if (token.balanceOf(rows[0].payee) - before != paid) hasResultLied = true;
        paidOut += paid;
    }

    function release(uint256 who, uint256 which, uint256 to) external {
        address signer = signerOf[key(who, which)];
        PoolTypes.PayerState memory state = pool.payerState(payer(who), signer, payee(to));
        if (state.reserved == 0 || state.reservedUntil >= block.timestamp) return;
        address[] memory payees = new address[](1);
        payees[0] = payee(to);
        pool.release(payer(who), signer, payees);
    }

    function releaseAllocation(uint256 seed) external {
        if (_trees.length == 0) return;
        Tree storage backed = _trees[seed % _trees.length];
        address signer = signerOf[key(backed.who, backed.which)];
        (, uint128 left, uint40 until) = pool.allocations(payer(backed.who), signer, backed.root);
        if (left == 0 || until >= block.timestamp) return;
        pool.releaseAllocation(payer(backed.who), signer, backed.root);
    }

    /// @dev All that is set aside of a payer's money, by reading every reservation and allocation.
    function lockedOf(uint256 who) external view returns (uint256 sum) {
        for (uint256 which = 0; which < KEYS; ++which) {
            for (uint256 to = 0; to < PAYEES; ++to) {
                (uint128 amount,) = pool.reservations(payer(who), signerOf[key(who, which)], payee(to));
                sum += amount;
            }
        }
        for (uint256 i = 0; i < _trees.length; ++i) {
            Tree storage backed = _trees[i];
            if (payer(backed.who) != payer(who)) continue;
            (, uint128 left,) = pool.allocations(payer(who), signerOf[key(backed.who, backed.which)], backed.root);
            sum += left;
        }
    }

    function _committable(uint256 who, uint256 which) private view returns (uint128) {
        PoolTypes.PayerState memory state = pool.payerState(payer(who), signerOf[key(who, which)], payer(who));
        if (state.expiry < block.timestamp) return 0;
        uint128 free = state.balance - state.locked - state.thawing;
        uint128 headroom = state.cap - state.spent;
        return (free < headroom ? free : headroom) / 4;
    }

    function _proofOf(Tree memory made, uint256 index)
        private
        pure
        returns (Trees.Node memory, PoolTypes.AllocationProof memory)
    {
        address[] memory payees = new address[](PAYEES);
        for (uint256 i = 0; i < PAYEES; ++i) payees[i] = payee(i);
        return Trees.tree(payees, made.limits, index);
    }

    function thaw(uint256 who, uint256 amount) external {
        address from = payer(who);
        (uint128 balance, uint128 locked, uint128 thawing,) = pool.accounts(from);
        uint128 free = balance - locked - thawing;
        if (free == 0) return;
        vm.prank(from);
        pool.thaw(uint128(bound(amount, 1, free)));
    }

    function withdraw(uint256 who) external {
        address from = payer(who);
        (,, uint128 thawing, uint40 endsAt) = pool.accounts(from);
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

    /// @dev One campaign for all of them: forge starts a campaign of its own for each invariant function.
    function invariant_the_books_balance() public view {
        uint256 sum;
        for (uint256 i = 0; i < PAYERS; ++i) {
            (uint128 balance, uint128 locked, uint128 thawing,) = pool.accounts(handler.payer(i));
            isTrue(uint256(locked) + thawing <= balance, "locked + thawing <= balance");
            equal(locked, handler.lockedOf(i), "locked is all that is set aside");
            sum += balance;
        }
        for (uint256 to = 0; to < PAYEES; ++to) sum += pool.credit(handler.payee(to));
        equal(token.balanceOf(address(pool)), sum, "held = balances + credit");
        equal(handler.deposited(), handler.withdrawn() + handler.paidOut() + sum, "deposited");
        for (uint256 i = 0; i < PAYERS * KEYS; ++i) checkKey(i);
        isTrue(!handler.hasResultLied(), "results are what arrived, forged rows pay nothing");
        isTrue(!handler.hasPayeeLost(), "payees never lose");
    }

    function checkKey(uint256 i) private view {
        uint256 privateKey = handler.key(i / KEYS, i % KEYS);
        address from = handler.payer(i / KEYS);
        address signer = handler.signerOf(privateKey);
        PoolTypes.PayerState memory state = pool.payerState(from, signer, from);
        uint256 sum;
        for (uint256 to = 0; to < PAYEES; ++to) {
            uint128 claimed = pool.claimed(from, signer, handler.payee(to));
            isTrue(claimed <= handler.highestSigned(privateKey, to), "claimed <= highest signed");
            sum += claimed;
        }
        equal(state.redeemed, sum, "redeemed is the sum of claims");
        isTrue(state.spent <= state.cap, "spent <= cap");
        if (handler.isHonest(privateKey)) isTrue(!state.isEquivocated, "honest keys are never flagged");
        else isTrue(state.isEquivocated || state.redeemed <= state.highestIssued, "flagged when caught");
    }
}
