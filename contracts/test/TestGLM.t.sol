// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TestGLM} from "../src/TestGLM.sol";
import {Checked} from "./Cheats.sol";

contract TestGLMTest is Checked {
    uint256 private constant USER_KEY = 0x05E7;
    address private constant POOL = address(0x9001);

    TestGLM private token;
    address private user;

    function setUp() public {
        token = new TestGLM(address(this), 5e18);
        user = vm.addr(USER_KEY);
    }

    function test_a_user_without_gas_approves_by_signature() public {
        _approve(0, 7);
        equal(token.allowance(user, POOL), 7, "allowance");
        equal(token.getNonce(user), 1, "nonce");
    }

    function test_a_meta_transaction_counts_once() public {
        (bytes memory call, bytes32 r, bytes32 s, uint8 v) = _signed(0, 7, USER_KEY);
        token.executeMetaTransaction(user, call, r, s, v);
        vm.expectRevert(bytes("Signer and signature do not match"));
        token.executeMetaTransaction(user, call, r, s, v);
    }

    function test_a_stranger_cannot_sign_for_a_user() public {
        (bytes memory call, bytes32 r, bytes32 s, uint8 v) = _signed(0, 7, 0xBAD);
        vm.expectRevert(bytes("Signer and signature do not match"));
        token.executeMetaTransaction(user, call, r, s, v);
    }

    function test_a_failing_call_keeps_the_nonce() public {
        bytes memory call = abi.encodeCall(token.transfer, (POOL, 1));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(USER_KEY, _digest(0, call));
        vm.expectRevert(bytes("Function call not successful"));
        token.executeMetaTransaction(user, call, r, s, v);
        equal(token.getNonce(user), 0, "nonce");
    }

    /// Polygon's own domain: no chainId field, the chain id in the salt (test vector of the real token on chain 137).
    function test_the_domain_is_that_of_polygon() public {
        vm.chainId(137);
        bytes32 typehash = keccak256("EIP712Domain(string name,string version,address verifyingContract,bytes32 salt)");
        bytes32 polygon = keccak256(
            abi.encode(
                typehash,
                keccak256("Golem Network Token (PoS)"),
                keccak256("1"),
                0x0B220b82F3eA3B7F6d9A1D8ab58930C064A2b5Bf,
                bytes32(uint256(137))
            )
        );
        isTrue(polygon == 0x804e8c6f5926bd56018ff8fa95b472e09d8b3612bf1b892f2d5e5f4365a5e95e, "vector");
        bytes32 ours = keccak256(
            abi.encode(
                typehash, keccak256(bytes(token.name())), keccak256("1"), address(token), bytes32(block.chainid)
            )
        );
        isTrue(token.getDomainSeperator() == ours, "ours");
    }

    function test_the_faucet_is_bounded() public {
        for (uint256 i = 0; i < token.MAX_DRIPS(); ++i) token.faucet(user);
        equal(token.balanceOf(user), token.DRIP() * token.MAX_DRIPS(), "drips");
        vm.expectRevert(abi.encodeWithSelector(TestGLM.FaucetEmpty.selector, user));
        token.faucet(user);
    }

    function _approve(uint256 nonce, uint256 amount) private {
        (bytes memory call, bytes32 r, bytes32 s, uint8 v) = _signed(nonce, amount, USER_KEY);
        vm.prank(address(0x5E1A7));
        token.executeMetaTransaction(user, call, r, s, v);
    }

    function _signed(uint256 nonce, uint256 amount, uint256 key)
        private
        view
        returns (bytes memory call, bytes32 r, bytes32 s, uint8 v)
    {
        call = abi.encodeCall(token.approve, (POOL, amount));
        (v, r, s) = vm.sign(key, _digest(nonce, call));
    }

    function _digest(uint256 nonce, bytes memory call) private view returns (bytes32) {
        bytes32 hash = keccak256(abi.encode(token.META_TRANSACTION_TYPEHASH(), nonce, user, keccak256(call)));
        return keccak256(abi.encodePacked(hex"1901", token.getDomainSeperator(), hash));
    }
}
