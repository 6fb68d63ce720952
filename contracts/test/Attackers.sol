// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {VoucherPool} from "../src/VoucherPool.sol";

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
