import type { Program } from '../protocol/manifest.ts';
import type { JobKind } from '../protocol/primitives.ts';

/** What a task occupies while it runs: one core, or the GPU. */
export type Lane = 'cpu' | 'gpu';
export const LANES: readonly Lane[] = ['cpu', 'gpu'];

const LANE_OF_KIND: Readonly<Record<JobKind, Lane>> = { wasi: 'cpu', wgsl: 'gpu', onnx: 'cpu' };

/** The lane that jobs of this kind occupy, as far as the market knows. */
export function laneOfKind(kind: JobKind): Lane {
  return LANE_OF_KIND[kind];
}

/** The lane that this program occupies: an ONNX model may ask for the GPU. */
export function laneOf(program: Program): Lane {
  return program.kind === 'onnx' && program.backend === 'webgpu' ? 'gpu' : laneOfKind(program.kind);
}

/** The sum over the lanes that these kinds occupy: kinds of one lane share its slots, so that only one of them counts. */
export function sumPerLane(kinds: readonly JobKind[], slotsOf: (kind: JobKind) => number): number {
  const counted = LANES.map((lane) => kinds.find((kind) => laneOfKind(kind) === lane));
  return counted.reduce((sum, kind) => sum + (kind === undefined ? 0 : slotsOf(kind)), 0);
}
