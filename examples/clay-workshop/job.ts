import { type Bytes, concat, ownBytes, utf8 } from '../../src/base/bytes.ts';
import { KilnError } from '../../src/base/errors.ts';
import type { JobDraft } from '../../src/requestor/view.ts';
import { type RenderBlobs, type RenderSettings, type Section, renderManifest } from './manifest.ts';
import { poseScene } from './tracer/animation.ts';
import { packFrames } from './tracer/pack-frame.ts';
import { type Geometry, packGeometry } from './tracer/pack-geometry.ts';
import { packMaterials } from './tracer/pack-materials.ts';
import { readScene } from './tracer/read-scene.ts';

/** The files a render is built from. */
export interface RenderInputs {
  /** Binary glTF. */
  readonly scene: Uint8Array;
  /** The parts of the tracing shader in order, joined before they are sent. */
  readonly trace: readonly Uint8Array[];
  readonly denoise: Uint8Array;
  readonly resolve: Uint8Array;
}

export type RenderOptions = Omit<RenderSettings, 'framesPerSecond'> & { readonly name: string };

/** Slices of a blob start at multiples of this, as storage buffer offsets do. */
const SECTION_ALIGN_BYTES = 256;
/** Frames a second for scenes that do not move. */
const STILL_FRAMES_PER_SECOND = 24;
const MAX_FRAMES_PER_SECOND = 120;

/**
 * Turns an animated glTF scene into a render job. Frames are spread evenly over the animation and play back in its
 * own time. Pure: the same bytes and options give the same manifest. Throws the errors of `readScene`,
 * `scene/too-many-lights`, and `scene/bad-size` when width or height is odd or out of range.
 *
 * @example
 * const draft = await buildRenderJob(inputs, { name: 'vase', frames: 24, width: 320, height: 184, samplesPerPixel: 8, maxBounces: 4 });
 */
export async function buildRenderJob(
  inputs: RenderInputs,
  options: RenderOptions,
  report: (step: string) => void = () => undefined,
): Promise<JobDraft> {
  const { name, ...size } = options;
  checkSize(size);
  report('Reading the scene');
  const scene = await readScene(inputs.scene);
  report('Sorting its triangles');
  const geometry = packGeometry(scene, poseScene(scene.scene, scene.motion, 0));
  report('Posing its frames');
  const duration = scene.motion.durationSeconds;
  const times = Array.from({ length: size.frames }, (_, i) => (i / size.frames) * duration);
  const records = packFrames(scene, geometry, times, size.width / size.height);
  report('Naming its parts');
  const blobs: RenderBlobs = {
    ...joinGeometry(geometry, packMaterials(scene.looks)),
    frames: records.bytes,
    recordBytes: records.recordBytes,
    shaders: {
      trace: joinText(inputs.trace),
      denoise: ownBytes(inputs.denoise),
      resolve: ownBytes(inputs.resolve),
    },
  };
  const framesPerSecond =
    duration > 0 ? clamp(size.frames / duration, 1, MAX_FRAMES_PER_SECOND) : STILL_FRAMES_PER_SECOND;
  const manifest = await renderManifest(name, blobs, { ...size, framesPerSecond });
  return { manifest, blobs: [blobs.geometry, blobs.frames, ...Object.values(blobs.shaders)] };
}

function checkSize({ width, height, frames }: { width: number; height: number; frames: number }): void {
  const isSound = [width, height].every(
    (side) => Number.isInteger(side) && side % 2 === 0 && side >= 16 && side <= 1_920,
  );
  if (isSound && Number.isInteger(frames) && frames >= 1) return;
  throw new KilnError(
    'scene/bad-size',
    `A video of ${frames} frames of ${width} × ${height} cannot be made.`,
    {
      data: { width, height, frames },
      hint: 'Choose even sides from 16 to 1920 pixels and at least one frame.',
    },
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function joinText(parts: readonly Uint8Array[]): Bytes {
  return concat(parts.flatMap((part) => [part, utf8('\n')]));
}

/** All that does not change from frame to frame, as one blob. */
function joinGeometry(
  geometry: Geometry,
  { materials, texels }: { materials: Float32Array; texels: Uint8Array },
): Pick<RenderBlobs, 'geometry' | 'sections'> {
  const arrays = {
    nodes: geometry.nodes,
    triangles: geometry.triangles,
    surfaces: geometry.surfaces,
    materials,
    texels,
  };
  const parts: Uint8Array[] = [];
  let offset = 0;
  const place = (array: Float32Array | Uint32Array | Uint8Array): Section => {
    const section = { offset, length: array.byteLength };
    const padding = (SECTION_ALIGN_BYTES - (array.byteLength % SECTION_ALIGN_BYTES)) % SECTION_ALIGN_BYTES;
    parts.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), new Uint8Array(padding));
    offset += array.byteLength + padding;
    return section;
  };
  const sections = {
    nodes: place(arrays.nodes),
    triangles: place(arrays.triangles),
    surfaces: place(arrays.surfaces),
    materials: place(arrays.materials),
    texels: place(arrays.texels),
  };
  return { geometry: concat(parts), sections };
}
