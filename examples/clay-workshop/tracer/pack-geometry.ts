import type { Node, vec3 } from '@gltf-transform/core';
import { buildBvh, NODE_FLOATS } from './bvh.ts';
import { type Matrix, cross, invertAffine, normalize, subtract, transformNormal, transformPoint } from './matrix.ts';
import type { Piece, WorkshopScene } from './read-scene.ts';

/** Floats of one triangle: corner and two edges (each padded to four). */
export const TRIANGLE_FLOATS = 12;
/** Floats of one triangle's surface: three normals with u, then the three v and the material. */
export const SURFACE_FLOATS = 16;
/** Leaves of this many triangles trade best between node visits and triangle tests. */
const MAX_LEAF_TRIANGLES = 4;
/** The shader's stack for one mesh has 32 entries. */
const MAX_MESH_DEPTH = 30;

/** A hierarchy of its own: all that stands still together, or one piece that moves. */
export interface Group {
  /** The node that carries it; undefined for what stands still, which is stored in world space. */
  readonly node: Node | undefined;
  /** Index of its root in the node array. */
  readonly root: number;
  /** Min xyz, max xyz in its own space. */
  readonly bounds: Float32Array;
}

/** A triangle that shines, in its group's space. */
export interface Emitter {
  readonly group: number;
  readonly corners: readonly [vec3, vec3, vec3];
  readonly emission: readonly [number, number, number];
}

export interface Geometry {
  readonly nodes: Float32Array;
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
  const still = scene.pieces.filter((piece) => !piece.isMoving).flatMap((piece) => readTriangles(piece, rest.get(piece.node)));
  const parts = scene.pieces
    .filter((piece) => piece.isMoving)
    .map((piece) => ({ node: piece.node as Node | undefined, triangles: readTriangles(piece, undefined) }));
  if (still.length > 0) parts.unshift({ node: undefined, triangles: still });
  const total = parts.reduce((sum, part) => sum + part.triangles.length, 0);
  const triangles = new Float32Array(total * TRIANGLE_FLOATS);
  const surfaces = new Float32Array(total * SURFACE_FLOATS);
  const nodes: Float32Array[] = [];
  const groups: Group[] = [];
  const emitters: Emitter[] = [];
  let [firstNode, firstTriangle] = [0, 0];
  for (const part of parts) {
    const bvh = buildBvh(boxesOf(part.triangles), { maxLeaf: MAX_LEAF_TRIANGLES, maxDepth: MAX_MESH_DEPTH });
    nodes.push(rebase(bvh.nodes, firstNode, firstTriangle));
    bvh.order.forEach((item, i) => writeTriangle(triangles, surfaces, firstTriangle + i, part.triangles[item]!));
    emitters.push(...findEmitters(part.triangles, groups.length, scene));
    groups.push({ node: part.node, root: firstNode, bounds: rootBounds(bvh.nodes) });
    firstNode += bvh.nodes.length / NODE_FLOATS;
    firstTriangle += part.triangles.length;
  }
  return { nodes: joinFloats(nodes), triangles, surfaces, groups, emitters };
}

function readTriangles(piece: Piece, matrix: Matrix | undefined): Triangle[] {
  const { primitive, look } = piece;
  const [positions, normals, uvs] = ['POSITION', 'NORMAL', 'TEXCOORD_0'].map((name) => primitive.getAttribute(name));
  const indices = primitive.getIndices();
  const inverse = matrix && invertAffine(matrix);
  const count = positions?.getCount() ?? 0;
  const corner = (i: number): Corner => {
    const index = Math.min(indices?.getScalar(i) ?? i, count - 1);
    const position = positions!.getElement(index, []) as vec3;
    const normal = normals?.getElement(index, []) as vec3 | undefined;
    const [u = 0, v = 0] = uvs?.getElement(index, []) ?? [];
    return {
      position: matrix ? transformPoint(matrix, position) : position,
      normal: normal && inverse ? normalize(transformNormal(inverse, normal)) : normal,
      uv: [u, v],
    };
  };
  return Array.from({ length: piece.triangles }, (_, i) => ({ corners: [corner(3 * i), corner(3 * i + 1), corner(3 * i + 2)], look }));
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

/** Node and triangle indexes counted from the start of the shared arrays. */
function rebase(nodes: Float32Array, firstNode: number, firstTriangle: number): Float32Array {
  const moved = nodes.slice();
  for (let at = 0; at < moved.length; at += NODE_FLOATS) moved[at + 3]! += moved[at + 7] === 0 ? firstNode : firstTriangle;
  return moved;
}

function rootBounds(nodes: Float32Array): Float32Array {
  return Float32Array.of(nodes[0]!, nodes[1]!, nodes[2]!, nodes[4]!, nodes[5]!, nodes[6]!);
}

function writeTriangle(triangles: Float32Array, surfaces: Float32Array, index: number, triangle: Triangle): void {
  const [a, b, c] = triangle.corners;
  const [e1, e2] = [subtract(b.position, a.position), subtract(c.position, a.position)];
  triangles.set([...a.position, 0, ...e1, 0, ...e2, 0], index * TRIANGLE_FLOATS);
  const flat = normalize(cross(e1, e2));
  const rows = triangle.corners.flatMap((corner) => [...(corner.normal ?? flat), corner.uv[0]]);
  surfaces.set([...rows, a.uv[1], b.uv[1], c.uv[1], triangle.look], index * SURFACE_FLOATS);
}

function findEmitters(triangles: readonly Triangle[], group: number, scene: WorkshopScene): Emitter[] {
  return triangles.flatMap(({ corners: [a, b, c], look }) => {
    const { emission } = scene.looks[look]!;
    return Math.max(...emission) > 0 ? [{ group, emission, corners: [a.position, b.position, c.position] as const }] : [];
  });
}

function joinFloats(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
