// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PoolTypes} from "../src/pool/PoolTypes.sol";

/// @dev Builds Merkle sum trees the straightforward way: all levels, the odd last node of a level moves up as it is.
library Trees {
    struct Node {
        bytes32 hash;
        uint128 sum;
    }

    function leaf(address payee, uint128 limit) internal pure returns (Node memory) {
        return Node(keccak256(abi.encodePacked(bytes1(0x00), payee, limit)), limit);
    }

    function parent(Node memory left, Node memory right) internal pure returns (Node memory) {
        return Node(
            keccak256(abi.encodePacked(bytes1(0x01), left.hash, left.sum, right.hash, right.sum)),
            left.sum + right.sum
        );
    }

    /// @dev The root over these payees, and the proof for the one at `index`.
    function tree(address[] memory payees, uint128[] memory limits, uint256 index)
        internal
        pure
        returns (Node memory root, PoolTypes.AllocationProof memory proof)
    {
        Node[] memory level = new Node[](payees.length);
        for (uint256 i = 0; i < payees.length; ++i) level[i] = leaf(payees[i], limits[i]);
        PoolTypes.Sibling[] memory found = new PoolTypes.Sibling[](32);
        uint256 depth;
        uint256 place = index;
        while (level.length > 1) {
            if (place % 2 == 1) found[depth++] = PoolTypes.Sibling(level[place - 1].hash, level[place - 1].sum, true);
            else if (place + 1 < level.length) {
                found[depth++] = PoolTypes.Sibling(level[place + 1].hash, level[place + 1].sum, false);
            }
            Node[] memory next = new Node[]((level.length + 1) / 2);
            for (uint256 i = 0; i < next.length; ++i) {
                next[i] = 2 * i + 1 < level.length ? parent(level[2 * i], level[2 * i + 1]) : level[2 * i];
            }
            level = next;
            place /= 2;
        }
        PoolTypes.Sibling[] memory siblings = new PoolTypes.Sibling[](depth);
        for (uint256 i = 0; i < depth; ++i) siblings[i] = found[i];
        return (level[0], PoolTypes.AllocationProof(level[0].hash, limits[index], siblings));
    }
}
