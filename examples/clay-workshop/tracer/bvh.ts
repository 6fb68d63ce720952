/** Floats of one node: min xyz, first; max xyz, count. */
export const NODE_FLOATS = 8;

/** Bins of the surface area heuristic: more gain nothing visible (Wald 2007). */
const BINS = 16;
/** Cost of one node visit in triangle tests. */
const VISIT_COST = 1.2;

/**
 * A bounding volume hierarchy. Node 0 is the root. In a node with `count` 0, `first` is its left child and `first + 1`
 * its right one; else it is a leaf of `order[first … first + count)`.
 */
export interface Bvh {
  readonly nodes: Float32Array;
  readonly order: Uint32Array;
  /** Edges from the root to the deepest leaf: a traversal's stack needs no more entries. */
  readonly depth: number;
}

interface Work {
  readonly node: number;
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

/**
 * Builds a hierarchy over boxes (six floats each: min xyz, max xyz) by the binned surface area heuristic. Where the
 * remaining depth would not do, it halves by count, so that `maxDepth` holds for any input of up to 2^maxDepth leaves.
 *
 * @example
 * const { nodes, order } = buildBvh(bounds, { maxLeaf: 4, maxDepth: 30 });
 */
export function buildBvh(
  bounds: Float32Array,
  limits: { readonly maxLeaf: number; readonly maxDepth: number },
): Bvh {
  const count = bounds.length / 6;
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const nodes: number[] = new Array<number>(NODE_FLOATS).fill(0);
  const stack: Work[] = [{ node: 0, from: 0, to: count, depth: 0 }];
  let depth = 0;
  for (let work = stack.pop(); work !== undefined; work = stack.pop()) {
    const { node, from, to } = work;
    depth = Math.max(depth, work.depth);
    const box = boundsOf(bounds, order, from, to);
    const split = chooseSplit(bounds, order, work, box, limits);
    setNode(
      nodes,
      node,
      box,
      split === undefined ? from : nodes.length / NODE_FLOATS,
      split === undefined ? to - from : 0,
    );
    if (split === undefined) continue;
    const left = nodes.length / NODE_FLOATS;
    for (let i = 0; i < 2 * NODE_FLOATS; i++) nodes.push(0);
    stack.push({ node: left, from, to: split, depth: work.depth + 1 });
    stack.push({ node: left + 1, from: split, to, depth: work.depth + 1 });
  }
  return { nodes: new Float32Array(nodes), order, depth };
}

function setNode(nodes: number[], node: number, box: Float64Array, first: number, count: number): void {
  const at = node * NODE_FLOATS;
  for (let axis = 0; axis < 3; axis++) {
    nodes[at + axis] = box[axis]!;
    nodes[at + 4 + axis] = box[3 + axis]!;
  }
  nodes[at + 3] = first;
  nodes[at + 7] = count;
}

function emptyBox(): Float64Array {
  return Float64Array.of(Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity);
}

function growBox(box: Float64Array, bounds: Float32Array | Float64Array, at: number): void {
  for (let axis = 0; axis < 3; axis++) {
    if (bounds[at + axis]! < box[axis]!) box[axis] = bounds[at + axis]!;
    if (bounds[at + 3 + axis]! > box[3 + axis]!) box[3 + axis] = bounds[at + 3 + axis]!;
  }
}

function boundsOf(bounds: Float32Array, order: Uint32Array, from: number, to: number): Float64Array {
  const box = emptyBox();
  for (let i = from; i < to; i++) growBox(box, bounds, 6 * order[i]!);
  return box;
}

function halfArea(box: Float64Array): number {
  const [x, y, z] = [box[3]! - box[0]!, box[4]! - box[1]!, box[5]! - box[2]!];
  return x < 0 ? 0 : x * y + y * z + z * x;
}

/** Where to cut `order[from … to)`, already partitioned, or undefined for a leaf. */
function chooseSplit(
  bounds: Float32Array,
  order: Uint32Array,
  work: Work,
  box: Float64Array,
  limits: { readonly maxLeaf: number; readonly maxDepth: number },
): number | undefined {
  const count = work.to - work.from;
  if (count <= 1) return undefined;
  const mustHalve = work.depth + Math.ceil(Math.log2(count)) >= limits.maxDepth;
  const best = mustHalve ? undefined : bestPlane(bounds, order, work, box);
  if (count <= limits.maxLeaf && (best === undefined || best.cost + VISIT_COST >= count)) return undefined;
  const middle = best === undefined ? work.from : partition(bounds, order, work, best.axis, best.plane);
  if (middle > work.from && middle < work.to) return middle;
  return halve(bounds, order, work, box);
}

function bestPlane(
  bounds: Float32Array,
  order: Uint32Array,
  { from, to }: Work,
  box: Float64Array,
): { axis: number; plane: number; cost: number } | undefined {
  let best: { axis: number; plane: number; cost: number } | undefined;
  const whole = halfArea(box) || 1;
  for (let axis = 0; axis < 3; axis++) {
    const [low, high] = centreRange(bounds, order, from, to, axis);
    if (!(high - low > 1e-7)) continue;
    const counts = new Uint32Array(BINS);
    const boxes = Array.from({ length: BINS }, emptyBox);
    for (let i = from; i < to; i++) {
      const at = 6 * order[i]!;
      const bin = Math.min(BINS - 1, Math.floor(((centre(bounds, at, axis) - low) / (high - low)) * BINS));
      counts[bin]!++;
      growBox(boxes[bin]!, bounds, at);
    }
    const right = sweepFromRight(counts, boxes);
    const left = emptyBox();
    let leftCount = 0;
    for (let bin = 0; bin < BINS - 1; bin++) {
      leftCount += counts[bin]!;
      growBox(left, boxes[bin]!, 0);
      const cost = (leftCount * halfArea(left) + right[bin + 1]!) / whole;
      if (leftCount === 0 || leftCount === to - from) continue;
      if (best === undefined || cost < best.cost)
        best = { axis, plane: low + ((bin + 1) * (high - low)) / BINS, cost };
    }
  }
  return best;
}

/** For each bin, count × area of everything from it to the right. */
function sweepFromRight(counts: Uint32Array, boxes: readonly Float64Array[]): number[] {
  const costs = new Array<number>(BINS).fill(0);
  const box = emptyBox();
  let count = 0;
  for (let bin = BINS - 1; bin > 0; bin--) {
    count += counts[bin]!;
    growBox(box, boxes[bin]!, 0);
    costs[bin] = count * halfArea(box);
  }
  return costs;
}

function centre(bounds: Float32Array, at: number, axis: number): number {
  return (bounds[at + axis]! + bounds[at + 3 + axis]!) / 2;
}

function centreRange(
  bounds: Float32Array,
  order: Uint32Array,
  from: number,
  to: number,
  axis: number,
): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = from; i < to; i++) {
    const value = centre(bounds, 6 * order[i]!, axis);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function partition(
  bounds: Float32Array,
  order: Uint32Array,
  { from, to }: Work,
  axis: number,
  plane: number,
): number {
  let middle = from;
  for (let i = from; i < to; i++) {
    const item = order[i]!;
    if (centre(bounds, 6 * item, axis) >= plane) continue;
    order[i] = order[middle]!;
    order[middle++] = item;
  }
  return middle;
}

/** Sorts along the longest side and cuts in the middle. */
function halve(bounds: Float32Array, order: Uint32Array, { from, to }: Work, box: Float64Array): number {
  const sides = [box[3]! - box[0]!, box[4]! - box[1]!, box[5]! - box[2]!];
  const axis = sides.indexOf(Math.max(...sides));
  order.subarray(from, to).sort((a, b) => centre(bounds, 6 * a, axis) - centre(bounds, 6 * b, axis) || a - b);
  return (from + to) >> 1;
}
