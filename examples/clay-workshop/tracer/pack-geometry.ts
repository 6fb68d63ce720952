import type { Node, vec3 } from '@gltf-transform/core';
import type { Motion } from './animation.ts';
import { buildBvh } from './bvh.ts';
import {
  type Matrix,
  cross,
  invertAffine,
  multiply,
  normalize,
  subtract,
  transformNormal,
  transformPoint,
} from './matrix.ts';
import { type Grid, type PackedNodes, PAIR_WORDS, gridOf, packNodes, toGrid } from './pack-nodes.ts';
import type { Piece, WorkshopScene } from './read-scene.ts';

/** Floats of one triangle: corner and two edges (each padded to four). */
export const TRIANGLE_FLOATS = 12;
/** Floats of one triangle's surface: three normals with u, then the three v and the material. */
export const SURFACE_FLOATS = 16;
/** Leaves of this many triangles trade best between node visits and triangle tests. */
const MAX_LEAF_TRIANGLES = 4;
/** The shader's stack for one mesh has 32 entries. */
const MAX_MESH_DEPTH = 30;

/** A hierarchy of its own: all that stands still together, or all that one moving node carries. */
export interface Group {
  /** The node that carries it; undefined for what stands still, which is kept in world space. */
  readonly node: Node | undefined;
  readonly root: PackedNodes['root'];
  /** Min xyz, max xyz in the carrier's space. */
  readonly bounds: Float32Array;
  /** The stored triangles are in steps of this grid. */
  readonly grid: Grid;
}

/** A triangle that shines, in its group's space. */
export interface Emitter {
  readonly group: number;
  readonly corners: readonly [vec3, vec3, vec3];
  readonly emission: readonly [number, number, number];
}

export interface Geometry {
  /** Pairs of nodes (pack-nodes). */
  readonly nodes: Uint32Array;
  readonly triangles: Float32Array;
  readonly surfaces: Float32Array;
  readonly groups: readonly Group[];
  readonly emitters: readonly Emitter[];
}

interface Corner {
  readonly position: vec3;
  readonly normal: vec3 | undefined;
  readonly uv: readonly [number, number];
}

interface Triangle {
  readonly corners: readonly [Corner, Corner, Corner];
  readonly look: number;
}

/** Builds the hierarchies and lays all triangles out in the order of their leaves. `rest` is the pose at time 0. */
export function packGeometry(scene: WorkshopScene, rest: ReadonlyMap<Node, Matrix>): Geometry {
  const parts = groupPieces(scene, rest);
  const total = parts.reduce((sum, part) => sum + part.triangles.length, 0);
  const triangles = new Float32Array(total * TRIANGLE_FLOATS);
  const surfaces = new Float32Array(total * SURFACE_FLOATS);
  const pairs: Uint32Array[] = [];
  const groups: Group[] = [];
  const emitters: Emitter[] = [];
  let [firstPair, firstTriangle] = [0, 0];
  for (const part of parts) {
    const bvh = buildBvh(boxesOf(part.triangles), { maxLeaf: MAX_LEAF_TRIANGLES, maxDepth: MAX_MESH_DEPTH });
    const bounds = rootBounds(bvh.nodes);
    const grid = gridOf(bounds);
    const packed = packNodes(bvh, grid, firstPair, firstTriangle);
    bvh.order.forEach((item, i) =>
      writeTriangle(triangles, surfaces, firstTriangle + i, part.triangles[item]!, grid),
    );
    emitters.push(...findEmitters(part.triangles, groups.length, scene));
    groups.push({ node: part.node, root: packed.root, bounds, grid });
    pairs.push(packed.pairs);
    firstPair += packed.pairs.length / PAIR_WORDS;
    firstTriangle += part.triangles.length;
  }
  return { nodes: joinWords(pairs), triangles, surfaces, groups, emitters };
}

/** Pieces by the node that moves them, in that node's space. */
function groupPieces(
  scene: WorkshopScene,
  rest: ReadonlyMap<Node, Matrix>,
): { node: Node | undefined; triangles: Triangle[] }[] {
  const parts = new Map<Node | undefined, Triangle[]>();
  for (const piece of scene.pieces) {
    const node = carrierOf(piece.node, scene.motion);
    const world = rest.get(piece.node)!;
    const inverse = node === undefined ? undefined : invertAffine(rest.get(node)!);
    // A carrier that starts with no size has no inverse: its own pieces need none, what hangs below it is lost.
    const matrix = node === piece.node ? undefined : inverse === undefined ? world : multiply(inverse, world);
    parts.set(node, [...(parts.get(node) ?? []), ...readTriangles(piece, matrix)]);
  }
  return [...parts].map(([node, triangles]) => ({ node, triangles }));
}

/** The nearest node with a track, from this one upwards. */
function carrierOf(node: Node, motion: Motion): Node | undefined {
  for (let at: Node | null = node; at !== null; at = at.getParentNode()) if (motion.tracks.has(at)) return at;
  return undefined;
}

function readTriangles(piece: Piece, matrix: Matrix | undefined): Triangle[] {
  const { primitive, look } = piece;
  const [positions, normals, uvs] = ['POSITION', 'NORMAL', 'TEXCOORD_0'].map((name) =>
    primitive.getAttribute(name),
  );
  const indices = primitive.getIndices();
  const inverse = matrix && invertAffine(matrix);
  const count = positions?.getCount() ?? 0;
  const corner = (i: number): Corner => {
    const index = Math.min(indices?.getScalar(i) ?? i, count - 1);
    const position = positions!.getElement<vec3>(index, [0, 0, 0]);
    const normal = normals?.getElement<vec3>(index, [0, 0, 0]);
    const [u = 0, v = 0] = uvs?.getElement(index, []) ?? [];
    return {
      position: matrix ? transformPoint(matrix, position) : position,
      normal: normal && inverse ? normalize(transformNormal(inverse, normal)) : normal,
      uv: [u, v],
    };
  };
  return Array.from({ length: piece.triangles }, (_, i) => ({
    corners: [corner(3 * i), corner(3 * i + 1), corner(3 * i + 2)],
    look,
  }));
}

function boxesOf(triangles: readonly Triangle[]): Float32Array {
  const boxes = new Float32Array(triangles.length * 6);
  triangles.forEach(({ corners }, i) => {
    for (let axis = 0; axis < 3; axis++) {
      const values = corners.map((corner) => corner.position[axis]!);
      boxes[6 * i + axis] = Math.min(...values);
      boxes[6 * i + 3 + axis] = Math.max(...values);
    }
  });
  return boxes;
}

function rootBounds(nodes: Float32Array): Float32Array {
  return Float32Array.of(nodes[0]!, nodes[1]!, nodes[2]!, nodes[4]!, nodes[5]!, nodes[6]!);
}

function writeTriangle(
  triangles: Float32Array,
  surfaces: Float32Array,
  index: number,
  triangle: Triangle,
  grid: Grid,
): void {
  const [a, b, c] = triangle.corners;
  const [from, to1, to2] = [toGrid(grid, a.position), toGrid(grid, b.position), toGrid(grid, c.position)];
  const [e1, e2] = [subtract(to1, from), subtract(to2, from)];
  triangles.set([...from, 0, ...e1, 0, ...e2, 0], index * TRIANGLE_FLOATS);
  const flat = normalize(cross(e1, e2));
  const rows = triangle.corners.flatMap((corner) => [...(corner.normal ?? flat), corner.uv[0]]);
  surfaces.set([...rows, a.uv[1], b.uv[1], c.uv[1], triangle.look], index * SURFACE_FLOATS);
}

function findEmitters(triangles: readonly Triangle[], group: number, scene: WorkshopScene): Emitter[] {
  return triangles.flatMap(({ corners: [a, b, c], look }) => {
    const { emission } = scene.looks[look]!;
    return Math.max(...emission) > 0
      ? [{ group, emission, corners: [a.position, b.position, c.position] as const }]
      : [];
  });
}

function joinWords(parts: readonly Uint32Array[]): Uint32Array {
  // A storage buffer may not be empty: a scene of lone leaves gets one pair that nobody visits.
  const whole = new Uint32Array(
    Math.max(
      PAIR_WORDS,
      parts.reduce((sum, part) => sum + part.length, 0),
    ),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
