// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Test GLM of Ethereum
/// @notice Play money for tests that behaves like GLM on Ethereum: DAI's permit, no ERC-2612, no meta-transactions, an
/// unlimited allowance that is never used up, and reasons in words instead of custom errors.
contract TestMainnetGLM is ERC20 {
    /// @notice Version of the EIP-712 domain.
    string public constant version = "1";

    /// @notice EIP-712 type of DAI's permit.
    bytes32 public constant PERMIT_TYPEHASH =
        keccak256("Permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed)");

    /// @notice The EIP-712 domain separator, under DAI's name.
    bytes32 public immutable DOMAIN_SEPARATOR;

    /// @notice The next permit nonce of a holder.
    mapping(address holder => uint256) public nonces;

    /// @param holder Who receives the first supply.
    /// @param supply The first supply, in the smallest unit.
    constructor(address holder, uint256 supply) ERC20("Golem Network Token", "GLM") {
        DOMAIN_SEPARATOR = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Golem Network Token"),
                keccak256("1"),
                block.chainid,
                address(this)
            )
        );
        _mint(holder, supply);
    }

    /// @notice Sets or clears an unlimited allowance by the holder's signature.
    function permit(
        address holder,
        address spender,
        uint256 nonce,
        uint256 expiry,
        bool allowed,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        bytes32 structHash = keccak256(abi.encode(PERMIT_TYPEHASH, holder, spender, nonce, expiry, allowed));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR, structHash));
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, v, r, s);
        require(failure == ECDSA.RecoverError.NoError && signer == holder, "Ngnt/invalid-permit");
        require(expiry == 0 || block.timestamp <= expiry, "Ngnt/permit-expired");
        require(nonce == nonces[holder]++, "Ngnt/invalid-nonce");
        _approve(holder, spender, allowed ? type(uint256).max : 0);
    }
    /// @dev Moves first and looks at the allowance after, as on Ethereum; undone all the same.
    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        _transfer(from, to, value);
        uint256 left = allowance(from, msg.sender);
        if (msg.sender == from || left == type(uint256).max) return true;
        require(value <= left, "ERC20: transfer amount exceeds allowance");
        _approve(from, msg.sender, left - value);
        return true;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(from == address(0) || value <= balanceOf(from), "ERC20: transfer amount exceeds balance");
        super._update(from, to, value);
    }
}
