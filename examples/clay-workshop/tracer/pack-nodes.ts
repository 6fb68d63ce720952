import type { vec3 } from '@gltf-transform/core';
import { type Bvh, NODE_FLOATS } from './bvh.ts';

/** Words of a pair of sibling nodes: six sides of the left box, six of the right (16 bits each), two references. */
export const PAIR_WORDS = 8;
/** Bit of a reference that marks a leaf; below it the count (7 bits) and the first triangle (24 bits). */
export const LEAF_BIT = 0x8000_0000;
const COUNT_SHIFT = 24;
/** Boxes are kept two steps off the ends of the grid, so that rounding outwards stays inside it. */
const GRID_MARGIN = 2;
const GRID_STEPS = 0xffff - 2 * GRID_MARGIN;

/** A cube of 65,536 steps a side around a group: grid = own space × scale + offset. */
export interface Grid {
  readonly scale: number;
  readonly offset: vec3;
}

/** The grid of a group whose box is given (min xyz, max xyz). */
export function gridOf(bounds: Float32Array): Grid {
  const sides = [0, 1, 2].map((axis) => bounds[axis + 3]! - bounds[axis]!);
  const scale = GRID_STEPS / Math.max(...sides, 1e-6);
  return { scale, offset: [0, 1, 2].map((axis) => GRID_MARGIN - bounds[axis]! * scale) as vec3 };
}

/** A point in grid steps. */
export function toGrid(grid: Grid, point: vec3): vec3 {
  return [0, 1, 2].map((axis) => point[axis]! * grid.scale + grid.offset[axis]!) as vec3;
}

/** A hierarchy whose boxes are rounded outwards to the grid, as the shader reads it. */
export interface PackedNodes {
  readonly pairs: Uint32Array;
  /** Where a traversal starts: `count` 0 means the pair `first`, else a lone leaf. */
  readonly root: { readonly first: number; readonly count: number };
}

/** Packs a hierarchy; references count from the given pair and triangle. */
export function packNodes(bvh: Bvh, grid: Grid, firstPair: number, firstTriangle: number): PackedNodes {
  const { nodes } = bvh;
  const inner: number[] = [];
  for (let node = 0; node < nodes.length / NODE_FLOATS; node++)
    if (nodes[node * NODE_FLOATS + 7] === 0) inner.push(node);
  const pairOf = new Map(inner.map((node, pair) => [node, firstPair + pair]));
  const pairs = new Uint32Array(inner.length * PAIR_WORDS);
  inner.forEach((node, pair) => {
    const left = nodes[node * NODE_FLOATS + 3]!;
    [left, left + 1].forEach((child, side) => {
      const at = child * NODE_FLOATS;
      for (let axis = 0; axis < 3; axis++) {
        const low = Math.floor(nodes[at + axis]! * grid.scale + grid.offset[axis]!) - 1;
        const high = Math.ceil(nodes[at + 4 + axis]! * grid.scale + grid.offset[axis]!) + 1;
        pairs[pair * PAIR_WORDS + 3 * side + axis] = (clampStep(low) | (clampStep(high) << 16)) >>> 0;
      }
      const [first, count] = [nodes[at + 3]!, nodes[at + 7]!];
      const leaf = (LEAF_BIT | (count << COUNT_SHIFT) | (first + firstTriangle)) >>> 0;
      pairs[pair * PAIR_WORDS + 6 + side] = count > 0 ? leaf : pairOf.get(child)!;
    });
  });
  const count = nodes[7]!;
  return { pairs, root: { first: count > 0 ? firstTriangle + nodes[3]! : firstPair, count } };
}

function clampStep(step: number): number {
  return Math.min(0xffff, Math.max(0, step));
}
