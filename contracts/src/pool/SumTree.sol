// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PoolTypes} from "./PoolTypes.sol";

/// @title Merkle sum tree over (payee, limit)
/// @notice Every node commits to the sums of both its children, so all limits that can be proven under one root add up
/// to no more than the root's sum, whoever built the tree.
/// @dev Leaf `keccak256(0x00 ‖ payee ‖ limit)`, node `keccak256(0x01 ‖ hashL ‖ sumL ‖ hashR ‖ sumR)`; sums are 16 bytes.
library SumTree {
    /// @notice Most siblings of a proof: a tree of 2^32 payees.
    uint256 internal constant MAX_DEPTH = 32;

    /// @notice Does this proof lead from (payee, limit) to this root and this sum? Never reverts.
    function proves(PoolTypes.AllocationProof memory proof, address payee, uint128 total)
        internal
        pure
        returns (bool)
    {
        uint256 depth = proof.siblings.length;
        if (depth > MAX_DEPTH) return false;
        bytes32 hash = keccak256(abi.encodePacked(bytes1(0x00), payee, proof.limit));
        uint256 sum = proof.limit;
        for (uint256 i = 0; i < depth; ++i) {
            PoolTypes.Sibling memory sibling = proof.siblings[i];
            uint128 own = uint128(sum);
            hash = sibling.isLeft
                ? keccak256(abi.encodePacked(bytes1(0x01), sibling.hash, sibling.sum, hash, own))
                : keccak256(abi.encodePacked(bytes1(0x01), hash, own, sibling.hash, sibling.sum));
            // Never wraps: at most 33 numbers of 128 bits. A sum above 128 bits equals no total.
            sum += sibling.sum;
        }
        return hash == proof.root && sum == total;
    }
}
