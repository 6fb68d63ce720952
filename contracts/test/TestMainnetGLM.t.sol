// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TestMainnetGLM} from "../src/TestMainnetGLM.sol";
import {Checked} from "./Cheats.sol";

/// @dev The double of GLM on Ethereum: DAI's permit as DAI has it, and nothing else.
contract TestMainnetGLMTest is Checked {
    uint256 private constant HOLDER_KEY = 0x401D;
    address private constant POOL = address(0x9001);
    uint256 private constant NEVER = 0;

    TestMainnetGLM private token;
    address private holder;

    function setUp() public {
        holder = vm.addr(HOLDER_KEY);
        token = new TestMainnetGLM(holder, 5e18);
    }

    /// The type hash that stands in DAI's source (https://github.com/makerdao/dss/blob/master/src/dai.sol).
    function test_the_permit_is_that_of_dai() public view {
        isTrue(
            token.PERMIT_TYPEHASH() == 0xea2aa0a1be11a07ed86d755c93467f4f82362b452371d1ba94d1715123511acb, "type"
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(token.name())),
                keccak256(bytes(token.version())),
                block.chainid,
                address(token)
            )
        );
        isTrue(token.DOMAIN_SEPARATOR() == domain, "domain");
        equal(token.decimals(), 18, "decimals");
    }

    function test_a_permit_allows_everything_once_and_takes_it_back() public {
        _permit(0, NEVER, true, HOLDER_KEY);
        equal(token.allowance(holder, POOL), type(uint256).max, "all");
        equal(token.nonces(holder), 1, "nonce");
        (uint8 v, bytes32 r, bytes32 s) = _signed(0, NEVER, true, HOLDER_KEY);
        vm.expectRevert(bytes("Ngnt/invalid-nonce"));
        token.permit(holder, POOL, 0, NEVER, true, v, r, s);
        _permit(1, block.timestamp, false, HOLDER_KEY);
        equal(token.allowance(holder, POOL), 0, "none");
    }

    function test_a_late_permit_is_refused() public {
        vm.warp(1_000);
        (uint8 v, bytes32 r, bytes32 s) = _signed(0, 999, true, HOLDER_KEY);
        vm.expectRevert(bytes("Ngnt/permit-expired"));
        token.permit(holder, POOL, 0, 999, true, v, r, s);
    }

    function test_a_stranger_cannot_sign_for_a_holder() public {
        (uint8 v, bytes32 r, bytes32 s) = _signed(0, NEVER, true, 0xBAD);
        vm.expectRevert(bytes("Ngnt/invalid-permit"));
        token.permit(holder, POOL, 0, NEVER, true, v, r, s);
    }

    function test_an_unlimited_allowance_is_not_used_up() public {
        _permit(0, NEVER, true, HOLDER_KEY);
        vm.prank(POOL);
        token.transferFrom(holder, POOL, 3);
        equal(token.allowance(holder, POOL), type(uint256).max, "all");
        equal(token.balanceOf(POOL), 3, "moved");
    }

    function test_a_limited_allowance_is_and_reasons_are_words() public {
        vm.prank(holder);
        token.approve(POOL, 5);
        vm.prank(POOL);
        token.transferFrom(holder, POOL, 3);
        equal(token.allowance(holder, POOL), 2, "left");
        vm.prank(POOL);
        vm.expectRevert(bytes("ERC20: transfer amount exceeds allowance"));
        token.transferFrom(holder, POOL, 3);
        vm.prank(POOL);
        vm.expectRevert(bytes("ERC20: transfer amount exceeds balance"));
        token.transfer(holder, 4);
    }

    function test_it_has_neither_a_standard_permit_nor_meta_transactions() public {
        (uint8 v, bytes32 r, bytes32 s) = _signed(0, NEVER, true, HOLDER_KEY);
        bytes memory standard = abi.encodeWithSignature(
            "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)", holder, POOL, 1, 2_000, v, r, s
        );
        (bool ok,) = address(token).call(standard);
        isTrue(!ok, "ERC-2612");
        (ok,) = address(token).call(abi.encodeWithSignature("getNonce(address)", holder));
        isTrue(!ok, "meta-transactions");
    }

    function _permit(uint256 nonce, uint256 expiry, bool allowed, uint256 key) private {
        (uint8 v, bytes32 r, bytes32 s) = _signed(nonce, expiry, allowed, key);
        vm.prank(address(0x5E1A7));
        token.permit(holder, POOL, nonce, expiry, allowed, v, r, s);
    }

    function _signed(uint256 nonce, uint256 expiry, bool allowed, uint256 key)
        private
        view
        returns (uint8 v, bytes32 r, bytes32 s)
    {
        bytes32 hash = keccak256(abi.encode(token.PERMIT_TYPEHASH(), holder, POOL, nonce, expiry, allowed));
        return vm.sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), hash)));
    }
}
