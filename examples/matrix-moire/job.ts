import { type Bytes, ownBytes } from '../../src/base/bytes.ts';
import { cutBlob } from '../../src/base/cid.ts';
import { KilnError } from '../../src/base/errors.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';
import type { JobDraft } from '../../src/requestor/view.ts';
import { grindLenses, weaveMatrices } from './waves.ts';

/** How large the matrices are, and how many products are computed. */
export interface MoireSettings {
  /** Products: one picture each. */
  readonly frames: number;
  /** Rows of both matrices: pixels along each side of a picture. */
  readonly side: number;
  /** Numbers in a row of either. */
  readonly waves: number;
}

/** The program's files: what providers run, and what the requestor checks with. */
export interface MoirePrograms {
  readonly shader: Uint8Array;
  readonly verifier: Uint8Array;
}

/** Pixels along each side of the shader's workgroups: 8 × 8 invocations of 4 × 4 entries when it multiplies. */
const MULTIPLY_PIXELS = 32;
const PAINT_PIXELS = 8;
/** Each vector lets a wrong row pass with probability 1/2 at most: one in 65,536 is enough where a lie ends all pay. */
const VECTORS = 16;
const FRAMES_PER_SECOND = 12;
const FLOAT_BYTES = 4;
const MAX_SIDE = 2_048;
/** Longer sums round by more than the check of a product allows for. */
const MAX_WAVES = 4_096;
const MAX_FRAMES = 600;

/** Makes products into a job; throws `example/bad-settings`. Pure: the same programs and settings give the same draft. */
export async function buildMoireJob(programs: MoirePrograms, settings: MoireSettings): Promise<JobDraft> {
  checkSettings(settings);
  const { frames, side, waves } = settings;
  const [shader, verifier] = [ownBytes(programs.shader), ownBytes(programs.verifier)];
  const { left, right } = weaveMatrices(side, waves);
  const lenses = grindLenses(frames, waves);
  // Entries grow with the root of the number of waves: this keeps the contrast.
  const scale = Number((2.2 / Math.sqrt(waves)).toPrecision(6));
  const lensBytes = waves * FLOAT_BYTES;
  const matrixBytes = side * lensBytes;
  const input = async (bytes: Bytes) => ({ cid: (await cutBlob(bytes)).cid, bytes: bytes.byteLength });
  const groups = (pixels: number): [number, number, number] => [
    Math.ceil(side / pixels),
    Math.ceil(side / pixels),
    1,
  ];
  const bindings = { '0': 'params', '4': 'product' };
  const manifest: Manifest = {
    version: 1,
    name: 'Matrix moiré',
    description: `${frames} products of two matrices of ${side} × ${waves} numbers, as pictures.`,
    program: {
      kind: 'wgsl',
      shaders: { product: await input(shader) },
      buffers: {
        params: { usage: 'uniform', bytes: 16 },
        left: { usage: 'read-only-storage', bytes: matrixBytes, source: { input: await input(left) } },
        right: { usage: 'read-only-storage', bytes: matrixBytes, source: { input: await input(right) } },
        lens: {
          usage: 'read-only-storage',
          bytes: lensBytes,
          source: { input: await input(lenses), offset: `frame * ${lensBytes}`, length: lensBytes },
        },
        product: { usage: 'storage', bytes: side * side * FLOAT_BYTES },
        pixels: { usage: 'storage', bytes: side * side * 4 },
      },
      uniformBuffer: 'params',
      uniforms: [
        { type: 'u32', value: 'tile' },
        { type: 'u32', value: side },
        { type: 'u32', value: waves / 4 },
        { type: 'f32', value: scale },
      ],
      passes: [
        {
          shader: 'product',
          entry: 'multiply',
          workgroups: groups(MULTIPLY_PIXELS),
          bindings: { ...bindings, '1': 'left', '2': 'right', '3': 'lens' },
          tileAxis: 'y',
        },
        {
          shader: 'product',
          entry: 'paint',
          workgroups: groups(PAINT_PIXELS),
          bindings: { ...bindings, '5': 'pixels' },
          tileAxis: 'y',
        },
      ],
      outputs: {
        'frame.rgba': { buffer: 'pixels', element: 'u8' },
        'product.f32': { buffer: 'product', element: 'f32' },
      },
    },
    split: { by: 'range', name: 'frame', from: 0, to: frames, step: 1 },
    limits: { outputBytes: 2 * side * side * FLOAT_BYTES },
    comparator: {
      class: 'verifier',
      module: await input(verifier),
      args: ['verify', String(side), String(waves), String(scale), String(VECTORS)],
    },
    policy: { kind: 'adaptive', auditRate: 0 },
    deliverable: {
      kind: 'video',
      path: 'frame.rgba',
      width: side,
      height: side,
      framesPerSecond: FRAMES_PER_SECOND,
    },
  };
  return { manifest, blobs: [shader, verifier, left, right, lenses] };
}

function checkSettings({ frames, side, waves }: MoireSettings): void {
  const isWithin = (count: number, most: number) =>
    Number.isSafeInteger(count) && count >= 1 && count <= most;
  const areEven = side % MULTIPLY_PIXELS === 0 && waves % 4 === 0;
  if (isWithin(frames, MAX_FRAMES) && isWithin(side, MAX_SIDE) && isWithin(waves, MAX_WAVES) && areEven)
    return;
  throw new KilnError('example/bad-settings', 'These settings make no matrices.', {
    data: { frames, side, waves },
    hint: `Take up to ${MAX_FRAMES} pictures, a side that ${MULTIPLY_PIXELS} divides, up to ${MAX_SIDE}, and waves that 4 divides, up to ${MAX_WAVES}.`,
  });
}
