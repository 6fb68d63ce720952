// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Test GLM
/// @notice Play money for local chains that behaves like GLM on Polygon: 18 decimals, no permit, and
/// `executeMetaTransaction` with Polygon's own EIP-712 domain (chain id in `salt`) and reasons. Never deploy it as money.
contract TestGLM is ERC20 {
    /// @notice What one call of `faucet` mints: 1,000 tokens.
    uint256 public constant DRIP = 1_000e18;
    /// @notice Calls of `faucet` per account, so that a loop cannot inflate the supply without bound.
    uint256 public constant MAX_DRIPS = 100;

    /// @notice EIP-712 type of a meta-transaction on Polygon.
    bytes32 public constant META_TRANSACTION_TYPEHASH =
        keccak256("MetaTransaction(uint256 nonce,address from,bytes functionSignature)");
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,address verifyingContract,bytes32 salt)");

    /// @notice Calls of `faucet` so far, by account.
    mapping(address account => uint256) public drips;
    mapping(address user => uint256) private _nonces;

    event MetaTransactionExecuted(address userAddress, address payable relayerAddress, bytes functionSignature);

    error FaucetEmpty(address account);

    /// @param holder Who receives the first supply.
    /// @param supply The first supply, in the smallest unit.
    constructor(address holder, uint256 supply) ERC20("Golem Network Token (PoS)", "tGLM") {
        _mint(holder, supply);
    }

    /// @notice Mints `DRIP` test tokens; at most `MAX_DRIPS` times per account.
    function faucet(address to) external {
        if (drips[to] >= MAX_DRIPS) revert FaucetEmpty(to);
        ++drips[to];
        _mint(to, DRIP);
    }

    /// @notice Runs a call that `user` signed; whoever sends it pays the gas.
    /// @param user Whose call it is.
    /// @param functionSignature The call data, selector included (Polygon's name for it).
    function executeMetaTransaction(
        address user,
        bytes calldata functionSignature,
        bytes32 sigR,
        bytes32 sigS,
        uint8 sigV
    ) external payable returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(META_TRANSACTION_TYPEHASH, _nonces[user], user, keccak256(functionSignature))
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", getDomainSeperator(), structHash));
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, sigV, sigR, sigS);
        require(failure == ECDSA.RecoverError.NoError && signer == user, "Signer and signature do not match");
        ++_nonces[user];
        emit MetaTransactionExecuted(user, payable(msg.sender), functionSignature);
        (bool ok, bytes memory result) = address(this).call(abi.encodePacked(functionSignature, user));
        require(ok, "Function call not successful");
        return result;
    }

    /// @notice The next meta-transaction nonce of a user.
    function getNonce(address user) external view returns (uint256) {
        return _nonces[user];
    }

    /// @notice The meta-transaction domain; the spelling is Polygon's.
    function getDomainSeperator() public view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256(bytes(name())), keccak256("1"), address(this), bytes32(block.chainid)
            )
        );
    }

    /// @dev A call from this contract to itself is a meta-transaction: its user is appended to the call data.
    function _msgSender() internal view override returns (address) {
        if (msg.sender != address(this)) return msg.sender;
        return address(bytes20(msg.data[msg.data.length - 20:]));
    }
}
