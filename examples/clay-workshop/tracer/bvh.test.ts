import { describe, expect, test } from 'vitest';
import { type Bvh, NODE_FLOATS, buildBvh } from './bvh.ts';

/** Repeatable numbers in 0..1 (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

function randomBoxes(count: number, seed: number): Float32Array {
  const next = numbers(seed);
  const boxes = new Float32Array(count * 6);
  for (let i = 0; i < count; i++) {
    for (let axis = 0; axis < 3; axis++) {
      const low = next() * 10;
      boxes.set([low], 6 * i + axis);
      boxes.set([low + next() ** 4], 6 * i + 3 + axis);
    }
  }
  return boxes;
}

/** Every leaf's items with the boxes on the way to them. */
function visit(bvh: Bvh, leaf: (items: Uint32Array, boxes: number[][], depth: number) => void): void {
  const walk = (node: number, above: number[][]): void => {
    const row = [...bvh.nodes.subarray(node * NODE_FLOATS, (node + 1) * NODE_FLOATS)];
    const [first, count] = [row[3]!, row[7]!];
    const boxes = [...above, [row[0]!, row[1]!, row[2]!, row[4]!, row[5]!, row[6]!]];
    if (count > 0) {
      leaf(bvh.order.subarray(first, first + count), boxes, above.length);
    } else {
      walk(first, boxes);
      walk(first + 1, boxes);
    }
  };
  walk(0, []);
}

describe('a bounding volume hierarchy', () => {
  test.each([1, 2, 3, 17, 500])('of %i boxes reaches each once, inside all boxes above it', (count) => {
    const boxes = randomBoxes(count, count);
    const bvh = buildBvh(boxes, { maxLeaf: 4, maxDepth: 30 });
    const seen: number[] = [];
    let deepest = 0;
    visit(bvh, (items, above, depth) => {
      expect(items.length).toBeLessThanOrEqual(4);
      deepest = Math.max(deepest, depth);
      for (const item of items) {
        seen.push(item);
        for (const box of above) {
          for (let axis = 0; axis < 3; axis++) {
            expect(box[axis]).toBeLessThanOrEqual(boxes[6 * item + axis]!);
            expect(box[axis + 3]).toBeGreaterThanOrEqual(boxes[6 * item + axis + 3]!);
          }
        }
      }
    });
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(bvh.depth).toBe(deepest);
  });

  test('keeps to its depth where the heuristic would peel boxes off one by one', () => {
    const boxes = new Float32Array(
      Array.from({ length: 1_024 }, (_, i) => 2 ** (i / 16)).flatMap((x) => [x, 0, 0, x * 1.01, 1, 1]),
    );
    expect(buildBvh(boxes, { maxLeaf: 1, maxDepth: 40 }).depth).toBeGreaterThan(12);
    expect(buildBvh(boxes, { maxLeaf: 1, maxDepth: 12 }).depth).toBeLessThanOrEqual(12);
  });

  test('splits boxes that all lie in one place', () => {
    const bvh = buildBvh(new Float32Array(64 * 6).fill(1), { maxLeaf: 4, maxDepth: 30 });
    let items = 0;
    visit(bvh, (leaf) => (items += leaf.length));
    expect(items).toBe(64);
  });
});
