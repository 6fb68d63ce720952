// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PoolTypes} from "../src/pool/PoolTypes.sol";
import {PoolFixture} from "./PoolFixture.sol";
import {Trees} from "./Trees.sol";

/// @dev What the usual transactions cost; compared with contracts/gas-snapshot by `npm run contracts`.
contract GasTest is PoolFixture {
    PoolTypes.SignedVoucher[] private first;
    PoolTypes.SignedVoucher[] private later;
    PoolTypes.AllocationProof[] private proofs;
    bytes32 private root;
    uint128 private total;

    function setUp() public override {
        super.setUp();
        (address[] memory payees, uint128[] memory limits) = (new address[](100), new uint128[](100));
        for (uint256 i = 0; i < 100; ++i) {
            payees[i] = address(uint160(0x10000 + i));
            limits[i] = 1e18;
            first.push(voucher(KEY, payees[i], 1e18, uint128((i + 1) * 1e18)));
            later.push(voucher(KEY, payees[i], 2e18, uint128((i + 101) * 1e18)));
        }
        for (uint256 i = 0; i < 100; ++i) {
            (Trees.Node memory top, PoolTypes.AllocationProof memory proof) = Trees.tree(payees, limits, i);
            (root, total) = (top.hash, top.sum);
            proofs.push();
            PoolTypes.AllocationProof storage kept = proofs[i];
            (kept.root, kept.limit) = (proof.root, proof.limit);
            for (uint256 k = 0; k < proof.siblings.length; ++k) kept.siblings.push(proof.siblings[k]);
        }
    }

    function test_deposit_and_authorize() public {
        vm.prank(PAYER);
        pool.depositAndAuthorize(1e18, BOB, 1e18, EXPIRY);
    }

    function test_redeem_100_vouchers_for_the_first_time() public {
        pool.redeem(first);
    }

    function test_redeem_100_vouchers_and_then_100_newer_ones() public {
        pool.redeem(first);
        pool.redeem(later);
    }

    function test_allocate_a_root() public {
        vm.prank(PAYER);
        pool.allocate(signer, root, total, EXPIRY);
    }

    function test_redeem_100_covered_vouchers() public {
        vm.prank(PAYER);
        pool.allocate(signer, root, total, EXPIRY);
        pool.redeemCovered(first, proofs);
    }
}
