import type { Bytes } from '../../src/base/bytes.ts';
import { cutBlob } from '../../src/base/cid.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';

/** What the renderer is asked for, all in whole numbers. */
export interface RenderSettings {
  readonly frames: number;
  readonly framesPerSecond: number;
  readonly width: number;
  readonly height: number;
  readonly samplesPerPixel: number;
  readonly maxBounces: number;
}

/** A run of bytes inside the geometry blob. */
export interface Section {
  readonly offset: number;
  readonly length: number;
}

/** The blobs of a render job and where things lie in them. */
export interface RenderBlobs {
  readonly geometry: Bytes;
  readonly sections: Readonly<Record<'nodes' | 'triangles' | 'surfaces' | 'materials' | 'texels', Section>>;
  readonly frames: Bytes;
  readonly recordBytes: number;
  readonly shaders: Readonly<Record<'trace' | 'denoise' | 'resolve', Bytes>>;
}

/** Turns of the denoiser: taps up to 2 · 2³ pixels away. Even, so that the result ends in the first half. */
const DENOISE_TURNS = 4;
/** Pixels along each side of the shaders' workgroups. */
const GROUP_PIXELS = 8;
/** One frame takes seconds; a slow device gets two minutes. */
const WALL_LIMIT_MS = 120_000;
const GPU_MEMORY_BYTES = 256 * 1024 * 1024;
/** 1,024 paths of 12 bounces, each with some hundred visits of the hierarchy: more than is usual, so all there are. */
const LOOP_TURNS = 2 ** 24;
const VEC4_BYTES = 16;

/** The job of a render: one task a frame, three kernels a task, raw RGBA8 frames to a video. */
export async function renderManifest(
  name: string,
  blobs: RenderBlobs,
  settings: RenderSettings,
): Promise<Manifest> {
  const { frames, width, height } = settings;
  const pixels = width * height;
  const geometry = await inputOf(blobs.geometry);
  const records = await inputOf(blobs.frames);
  const section = (key: keyof RenderBlobs['sections']) => {
    const { offset, length } = blobs.sections[key];
    return {
      usage: 'read-only-storage' as const,
      bytes: length,
      source: { input: geometry, offset, length },
    };
  };
  const grid: [number, number, number] = [
    Math.ceil(width / GROUP_PIXELS),
    Math.ceil(height / GROUP_PIXELS),
    1,
  ];
  const u32 = (value: number | string) => ({ type: 'u32' as const, value });
  return {
    version: 1,
    name,
    description: `${frames} frames of ${width} × ${height} pixels, ${settings.samplesPerPixel} paths a pixel.`,
    program: {
      kind: 'wgsl',
      shaders: {
        trace: await inputOf(blobs.shaders.trace),
        denoise: await inputOf(blobs.shaders.denoise),
        resolve: await inputOf(blobs.shaders.resolve),
      },
      buffers: {
        params: { usage: 'uniform', bytes: 32 },
        nodes: section('nodes'),
        triangles: section('triangles'),
        surfaces: section('surfaces'),
        materials: section('materials'),
        texels: section('texels'),
        record: {
          usage: 'read-only-storage',
          bytes: blobs.recordBytes,
          source: { input: records, offset: `frame * ${blobs.recordBytes}`, length: blobs.recordBytes },
        },
        light: { usage: 'storage', bytes: 2 * pixels * VEC4_BYTES },
        guides: { usage: 'storage', bytes: 3 * pixels * VEC4_BYTES },
        pixels: { usage: 'storage', bytes: pixels * 4 },
      },
      uniformBuffer: 'params',
      // In the order of the shaders' Params.
      uniforms: [
        u32('tile'),
        u32('turn'),
        u32(width),
        u32(height),
        u32(settings.samplesPerPixel),
        u32(settings.maxBounces),
        u32('frame'),
        u32(0),
      ],
      passes: [
        {
          shader: 'trace',
          entry: 'trace',
          workgroups: grid,
          bindings: {
            '0': 'params',
            '1': 'nodes',
            '2': 'triangles',
            '3': 'surfaces',
            '4': 'materials',
            '5': 'texels',
            '6': 'record',
            '7': 'light',
            '8': 'guides',
          },
          tileAxis: 'y',
        },
        {
          shader: 'denoise',
          entry: 'denoise',
          workgroups: grid,
          bindings: { '0': 'params', '1': 'light', '2': 'guides' },
          repeat: DENOISE_TURNS,
          tileAxis: 'y',
        },
        {
          shader: 'resolve',
          entry: 'resolve',
          workgroups: grid,
          bindings: { '0': 'params', '1': 'light', '2': 'guides', '3': 'record', '4': 'pixels' },
          tileAxis: 'y',
        },
      ],
      outputs: { 'frame.rgba': { buffer: 'pixels', element: 'u8' } },
    },
    split: { by: 'range', name: 'frame', from: 0, to: frames, step: 1 },
    limits: {
      wallMs: WALL_LIMIT_MS,
      outputBytes: pixels * 4,
      gpuMemoryBytes: GPU_MEMORY_BYTES,
      loopTurns: LOOP_TURNS,
    },
    comparator: COMPARATOR,
    policy: { kind: 'quorum', need: 2, limit: 4, auditRate: 0.05 },
    deliverable: {
      kind: 'video',
      path: 'frame.rgba',
      width,
      height,
      framesPerSecond: settings.framesPerSecond,
    },
  };
}

/**
 * GPUs round differently, so a few paths take another turn: single pixels differ, the picture does not. Half as many
 * samples, or another seed, lie well outside (measured in job.browser.test.ts).
 */
const COMPARATOR: Manifest['comparator'] = {
  class: 'tolerance',
  rtol: 0,
  atol: 6,
  maxOutliers: 0.02,
  maxMeanError: 0.75,
};

async function inputOf(bytes: Bytes): Promise<{ cid: string; bytes: number }> {
  const { cid } = await cutBlob(bytes);
  return { cid, bytes: bytes.byteLength };
}
