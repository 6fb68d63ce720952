// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Test GLM with a standard permit
/// @notice Play money for tests that has ERC-2612, which no GLM has: a wallet must find out by asking.
contract TestPermitGLM is ERC20Permit {
    /// @param holder Who receives the first supply.
    /// @param supply The first supply, in the smallest unit.
    constructor(address holder, uint256 supply) ERC20("Permit GLM", "pGLM") ERC20Permit("Permit GLM") {
        _mint(holder, supply);
    }
}
