// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PoolTypes} from "../src/pool/PoolTypes.sol";
import {PoolFixture} from "./PoolFixture.sol";

/// @dev A payee, a relay, a thief, and what they sign.
abstract contract AttackFixture is PoolFixture {
    uint256 internal constant PAYEE_KEY = 0xFEE1;
    uint40 internal constant DEADLINE = START + 100;
    address internal constant RELAY = address(0x4E1A4);
    address internal constant THIEF = address(0x7B1EF);

    address internal payee;

    function setUp() public override {
        super.setUp();
        payee = vm.addr(PAYEE_KEY);
    }

    function payoutOrder(uint128 amount, uint128 fee, uint256 nonce)
        internal
        view
        returns (PoolTypes.PayoutOrder memory order, bytes memory signature)
    {
        order = PoolTypes.PayoutOrder(payee, ALICE, amount, fee, nonce, DEADLINE);
        signature = signOrder(PAYEE_KEY, payoutHash(order));
    }

    function payoutHash(PoolTypes.PayoutOrder memory o) internal view returns (bytes32) {
        return keccak256(
            abi.encode(pool.PAYOUT_TYPEHASH(), o.payee, o.to, o.amount, o.fee, o.nonce, o.deadline)
        );
    }

    function authorizeHash(PoolTypes.AuthorizeOrder memory o) internal view returns (bytes32) {
        return keccak256(
            abi.encode(pool.AUTHORIZE_TYPEHASH(), o.payer, o.signer, o.cap, o.expiry, o.nonce, o.deadline)
        );
    }

    function rowsOf(PoolTypes.SignedVoucher memory one, uint256 times)
        internal
        pure
        returns (PoolTypes.SignedVoucher[] memory rows)
    {
        rows = new PoolTypes.SignedVoucher[](times);
        for (uint256 i = 0; i < times; ++i) rows[i] = one;
    }
}
