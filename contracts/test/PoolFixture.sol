// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TestGLM} from "../src/TestGLM.sol";
import {PoolTypes} from "../src/pool/PoolTypes.sol";
import {VoucherPool} from "../src/VoucherPool.sol";
import {Checked} from "./Cheats.sol";

/// @dev A pool with one funded payer and one authorised session key.
abstract contract PoolFixture is Checked {
    uint40 internal constant THAW = 60;
    uint128 internal constant CEILING = 1_000_000e18;
    uint128 internal constant FUNDS = 1_000e18;
    uint256 internal constant KEY = 0xA11CE;
    uint40 internal constant START = 1_800_000_000;
    uint40 internal constant EXPIRY = START + 1 days;

    address internal constant PAYER = address(0x9A7E7);
    address internal constant ALICE = address(0xA11CE5);
    address internal constant BOB = address(0xB0B);

    TestGLM internal token;
    VoucherPool internal pool;
    address internal signer;

    function setUp() public virtual {
        vm.warp(START);
        token = new TestGLM(PAYER, 10 * FUNDS);
        pool = new VoucherPool(token, THAW, CEILING);
        signer = vm.addr(KEY);
        vm.prank(PAYER);
        token.approve(address(pool), type(uint256).max);
        vm.prank(PAYER);
        pool.depositAndAuthorize(FUNDS, signer, FUNDS, EXPIRY);
    }

    function voucher(uint256 key, address payee, uint128 amount, uint128 issued)
        internal
        view
        returns (PoolTypes.SignedVoucher memory made)
    {
        return voucherFor(pool, PAYER, key, payee, amount, issued);
    }

    function voucherFor(
        VoucherPool where,
        address payer,
        uint256 key,
        address payee,
        uint128 amount,
        uint128 issued
    ) internal view returns (PoolTypes.SignedVoucher memory made) {
        made = PoolTypes.SignedVoucher(payer, payee, amount, issued, "");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, where.voucherDigest(made));
        made.signature = abi.encodePacked(r, s, v);
    }

    /// @dev An EIP-712 signature of the pool's domain.
    function signOrder(uint256 key, bytes32 structHash) internal view returns (bytes memory) {
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", pool.domainSeparator(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function redeemOne(PoolTypes.SignedVoucher memory one)
        internal
        returns (uint128 paid, PoolTypes.SkipReason reason)
    {
        PoolTypes.SignedVoucher[] memory rows = new PoolTypes.SignedVoucher[](1);
        rows[0] = one;
        PoolTypes.RowResult[] memory results = pool.redeem(rows);
        return (results[0].paid, results[0].reason);
    }

    function paysNothing(PoolTypes.SignedVoucher memory one, PoolTypes.SkipReason wanted) internal {
        uint256 before = token.balanceOf(one.payee);
        vm.expectEmit();
        emit PoolTypes.RowSkipped(0, one.payer, one.payee, wanted);
        (uint128 paid, PoolTypes.SkipReason reason) = redeemOne(one);
        equal(paid, 0, "paid");
        equal(uint256(reason), uint256(wanted), "reason");
        if (one.payee != address(pool)) equal(token.balanceOf(one.payee), before, "balance of the payee");
    }

    function pays(PoolTypes.SignedVoucher memory one, uint256 wanted) internal {
        uint256 before = token.balanceOf(one.payee);
        (uint128 paid, PoolTypes.SkipReason reason) = redeemOne(one);
        equal(uint256(reason), uint256(PoolTypes.SkipReason.None), "reason");
        equal(paid, wanted, "paid");
        equal(token.balanceOf(one.payee) - before, wanted, "arrived");
    }

    function balanceOfPayer() internal view returns (uint128 balance) {
        (balance,,,) = pool.accounts(PAYER);
    }
}
