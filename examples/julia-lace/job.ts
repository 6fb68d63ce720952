import { type Bytes, ownBytes } from '../../src/base/bytes.ts';
import { cutBlob } from '../../src/base/cid.ts';
import { KilnError } from '../../src/base/errors.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';
import type { JobDraft } from '../../src/requestor/view.ts';

/** What is drawn and how finely. */
export interface LaceSettings {
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** Samples along each side of a pixel. */
  readonly samples: number;
  /** Turns of z² + c at most. */
  readonly iterations: number;
}

/** Bits behind the point of the shader's numbers. */
const FRACTION_BITS = 26;
/** Radius of the circle that c runs along: all its Julia sets are worth seeing. */
const PATH_RADIUS = 0.7885;
/** Bytes of one c: two 32-bit integers. */
const POINT_BYTES = 8;
/** Pixels along each side of the shader's workgroups. */
const GROUP_PIXELS = 8;
const FRAMES_PER_SECOND = 24;

/** Makes a film into a job; throws `example/bad-settings`. Pure: the same shader and settings give the same draft. */
export async function buildLaceJob(shader: Uint8Array, settings: LaceSettings): Promise<JobDraft> {
  checkSettings(settings);
  const { frames, width, height, samples, iterations } = settings;
  const path = pathOf(frames);
  const code = ownBytes(shader);
  const u32 = (value: number | string) => ({ type: 'u32' as const, value });
  const manifest: Manifest = {
    version: 1,
    name: 'Julia lace',
    description: `${frames} frames of ${width} × ${height} pixels; c runs once around a circle of radius ${PATH_RADIUS}.`,
    program: {
      kind: 'wgsl',
      shaders: { lace: await inputOf(code) },
      buffers: {
        params: { usage: 'uniform', bytes: 32 },
        parameter: {
          usage: 'read-only-storage',
          bytes: POINT_BYTES,
          source: { input: await inputOf(path), offset: `frame * ${POINT_BYTES}`, length: POINT_BYTES },
        },
        pixels: { usage: 'storage', bytes: width * height * 4 },
      },
      uniformBuffer: 'params',
      uniforms: [u32('tile'), u32(width), u32(height), u32(samples), u32(iterations)],
      passes: [
        {
          shader: 'lace',
          entry: 'draw',
          workgroups: [Math.ceil(width / GROUP_PIXELS), Math.ceil(height / GROUP_PIXELS), 1],
          bindings: { '0': 'params', '1': 'parameter', '2': 'pixels' },
          tileAxis: 'y',
        },
      ],
      outputs: { 'frame.rgba': { buffer: 'pixels', element: 'u8' } },
    },
    split: { by: 'range', name: 'frame', from: 0, to: frames, step: 1 },
    limits: { outputBytes: width * height * 4 },
    // Whole numbers only: every GPU gives the same bytes.
    comparator: { class: 'exact' },
    policy: { kind: 'quorum', need: 2, limit: 4, auditRate: 0 },
    deliverable: { kind: 'video', path: 'frame.rgba', width, height, framesPerSecond: FRAMES_PER_SECOND },
  };
  return { manifest, blobs: [code, path] };
}

/** c of every frame, as the shader's fixed-point numbers. */
function pathOf(frames: number): Bytes {
  const path = new DataView(new ArrayBuffer(frames * POINT_BYTES));
  for (let frame = 0; frame < frames; frame++) {
    const angle = (2 * Math.PI * frame) / frames;
    const fixed = (value: number) => Math.round(value * PATH_RADIUS * 2 ** FRACTION_BITS);
    path.setInt32(frame * POINT_BYTES, fixed(Math.cos(angle)), true);
    path.setInt32(frame * POINT_BYTES + 4, fixed(Math.sin(angle)), true);
  }
  return new Uint8Array(path.buffer);
}

function checkSettings(settings: LaceSettings): void {
  const { frames, width, height, samples, iterations } = settings;
  const areCounts = Object.values(settings).every((count) => Number.isSafeInteger(count) && count >= 1);
  const areEven = width % 2 === 0 && height % 2 === 0 && Math.max(width, height) <= 4_096;
  if (areCounts && areEven && samples <= 8 && iterations <= 4_096) return;
  throw new KilnError('example/bad-settings', 'These settings make no film.', {
    data: { frames, width, height, samples, iterations },
    hint: 'Take even sides up to 4,096 pixels, at most 8 samples and 4,096 turns, all of them whole numbers.',
  });
}

async function inputOf(bytes: Bytes): Promise<{ cid: string; bytes: number }> {
  return { cid: (await cutBlob(bytes)).cid, bytes: bytes.byteLength };
}
