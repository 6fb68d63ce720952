import type { Node, vec3 } from '@gltf-transform/core';
import { KilnError } from '../../../src/base/errors.ts';
import { poseScene } from './animation.ts';
import { buildBvh } from './bvh.ts';
import {
  type Matrix,
  cross,
  invertAffine,
  normalize,
  subtract,
  transformDirection,
  transformPoint,
} from './matrix.ts';
import type { Geometry, Group } from './pack-geometry.ts';
import type { WorkshopScene } from './read-scene.ts';

/** The shader's stack for the top level has 16 entries. */
const MAX_TOP_DEPTH = 14;
/** Emissive triangles that are sampled directly; the shader's search takes 12 halvings. */
export const MAX_EMITTERS = 4_096;
/** Records start at multiples of this, as storage buffer offsets do. */
const RECORD_ALIGN_BYTES = 256;

/** Light from outside and the camera's exposure: what glTF has no words for. Linear radiance. */
export const SKY_ABOVE: vec3 = [0.1, 0.115, 0.15];
export const SKY_BELOW: vec3 = [0.08, 0.062, 0.05];
const EXPOSURE = 2.5;

/** The records of all frames, equally long, one after another. */
export interface FrameRecords {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly recordBytes: number;
}

/**
 * Poses the scene at each time and packs what the shader needs of it: camera, top-level hierarchy, instances and
 * emissive triangles (layout: shaders/path-tracer/README.md).
 */
export function packFrames(
  scene: WorkshopScene,
  geometry: Geometry,
  timesSeconds: readonly number[],
  aspect: number,
): FrameRecords {
  const records = timesSeconds.map((seconds) =>
    packFrame(scene, geometry, poseScene(scene.scene, scene.motion, seconds), aspect),
  );
  const longest = Math.max(...records.map((record) => record.byteLength));
  const recordBytes = Math.ceil(longest / RECORD_ALIGN_BYTES) * RECORD_ALIGN_BYTES;
  const bytes = new Uint8Array(recordBytes * records.length);
  records.forEach((record, i) => bytes.set(new Uint8Array(record.buffer), i * recordBytes));
  return { bytes, recordBytes };
}

function packFrame(
  scene: WorkshopScene,
  geometry: Geometry,
  pose: Map<Node, Matrix>,
  aspect: number,
): Float32Array<ArrayBuffer> {
  const matrices = geometry.groups.map((group) =>
    group.node === undefined ? IDENTITY : pose.get(group.node)!,
  );
  const instances = matrices.map((matrix, i) => packInstance(matrix, geometry.groups[i]!));
  const boxes = geometry.groups.map((group, i) => worldBox(group.bounds, matrices[i]!));
  const top = buildBvh(new Float32Array(boxes.flat()), { maxLeaf: 1, maxDepth: MAX_TOP_DEPTH });
  const lights = packLights(geometry, matrices);
  const header = 8;
  const topAt = header;
  const instancesAt = topAt + top.nodes.length / 4;
  const lightsAt = instancesAt + 4 * instances.length;
  const camera = cameraOf(scene, pose, aspect, boxes);
  return Float32Array.from([
    ...camera.eye, topAt,
    ...camera.right, instancesAt,
    ...camera.up, lightsAt,
    ...camera.forward, lights.rows.length / 16,
    ...SKY_ABOVE, lights.power,
    ...SKY_BELOW, EXPOSURE,
    0, 0, 0, 0,
    0, 0, 0, 0,
    ...top.nodes,
    ...Array.from(top.order).flatMap((i) => instances[i]!),
    ...lights.rows,
  ]); // prettier-ignore
}

const IDENTITY: Matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** Rows of the matrix from the world to the group's grid, and the root of its hierarchy. */
function packInstance(matrix: Matrix, { grid, root }: Group): number[] {
  // What is scaled to nothing cannot be hit: its rays start far outside the grid and do not move in it.
  const m = invertAffine(matrix) ?? NOWHERE;
  const row = (axis: 0 | 1 | 2): number[] => {
    const steps = [m[axis]!, m[axis + 4]!, m[axis + 8]!, m[axis + 12]!].map((value) => value * grid.scale);
    return [steps[0]!, steps[1]!, steps[2]!, steps[3]! + grid.offset[axis]!];
  };
  return [...row(0), ...row(1), ...row(2), root.first, root.count, 0, 0];
}

const NOWHERE: Matrix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1e6, 1e6, 1e6, 1];

function worldBox(bounds: Float32Array, matrix: Matrix): number[] {
  const box = [Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity];
  for (let corner = 0; corner < 8; corner++) {
    const at = transformPoint(
      matrix,
      [0, 1, 2].map((axis) => bounds[axis + (corner & (1 << axis) ? 3 : 0)]!) as vec3,
    );
    at.forEach((value, axis) => {
      box[axis] = Math.min(box[axis]!, value);
      box[axis + 3] = Math.max(box[axis + 3]!, value);
    });
  }
  return box;
}

/** Four rows a light: corner and cumulative share, edge and area, edge, emission. Chosen in proportion to power. */
function packLights(geometry: Geometry, matrices: readonly Matrix[]): { rows: number[]; power: number } {
  if (geometry.emitters.length > MAX_EMITTERS) {
    throw new KilnError(
      'scene/too-many-lights',
      `The scene has ${geometry.emitters.length} emissive triangles.`,
      {
        hint: `Give emissive materials to simple shapes: at most ${MAX_EMITTERS} triangles.`,
      },
    );
  }
  const lights = geometry.emitters.map(({ group, corners, emission }) => {
    const [a, b, c] = corners.map((corner) => transformPoint(matrices[group]!, corner)) as [vec3, vec3, vec3];
    const [e1, e2] = [subtract(b, a), subtract(c, a)];
    const area = Math.hypot(...cross(e1, e2)) / 2;
    return { a, e1, e2, area, emission, power: area * luminance(emission) };
  });
  const power = lights.reduce((sum, light) => sum + light.power, 0);
  let reached = 0;
  const rows = lights.flatMap((light) => {
    reached += light.power;
    return [
      ...light.a,
      reached / (power || 1),
      ...light.e1,
      light.area,
      ...light.e2,
      0,
      ...light.emission,
      0,
    ];
  });
  return { rows, power };
}

/** Relative luminance of linear sRGB (Rec. 709); the shader uses the same weights. */
function luminance(color: readonly [number, number, number]): number {
  return 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2];
}

/** Eye and axes; right and up are as long as half the picture at distance 1. */
function cameraOf(scene: WorkshopScene, pose: Map<Node, Matrix>, aspect: number, boxes: readonly number[][]) {
  const [matrix, yFov] = scene.camera
    ? [pose.get(scene.camera.node)!, scene.camera.yFovRadians]
    : [cameraInFront(boxes), DEFAULT_FOV_RADIANS];
  const half = Math.tan(yFov / 2);
  const axis = (direction: vec3, size: number): number[] =>
    normalize(transformDirection(matrix, direction)).map((v) => v * size);
  return {
    eye: transformPoint(matrix, [0, 0, 0]),
    right: axis([1, 0, 0], half * aspect),
    up: axis([0, 1, 0], half),
    forward: axis([0, 0, -1], 1),
  };
}

const DEFAULT_FOV_RADIANS = 0.8;

/** For scenes without a camera: looks along −z at the middle from where all of it fits. */
function cameraInFront(boxes: readonly number[][]): Matrix {
  const low = [0, 1, 2].map((axis) => Math.min(...boxes.map((box) => box[axis]!)));
  const high = [3, 4, 5].map((axis) => Math.max(...boxes.map((box) => box[axis]!)));
  const [x, y, z] = low.map((value, i) => (value + high[i]!) / 2) as [number, number, number];
  const reach = Math.max(high[0]! - low[0]!, high[1]! - low[1]!) / 2 / Math.tan(DEFAULT_FOV_RADIANS / 2);
  return [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, y, z + (high[2]! - low[2]!) / 2 + reach, 1];
}
