import { ownBytes } from '../../src/base/bytes.ts';
import { cutBlob } from '../../src/base/cid.ts';
import { KilnError } from '../../src/base/errors.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';
import type { JobDraft } from '../../src/requestor/view.ts';

const MIB = 1_048_576;

/** Which quilts are looked for. */
export interface QuiltSettings {
  readonly quilts: number;
  /** Patches along each side. */
  readonly side: number;
  readonly colors: number;
}

/** The programs: what providers run, and what the requestor checks with. */
export interface QuiltPrograms {
  readonly search: Uint8Array;
  readonly verifier: Uint8Array;
}

/** Sides up to which the search finds quilts within seconds, by the number of colours. */
const MAX_SIDES: Readonly<Record<number, number>> = { 2: 4, 3: 10, 4: 15 };
const MIN_SIDE = 4;
const MAX_QUILTS = 2_000;
/** Pixels along each side of the picture, as in quilt.h. */
const PICTURE_PIXELS = 360;
const FRAMES_PER_SECOND = 4;

/** Makes quilts into a job; throws `example/bad-settings`. Pure: the same programs and settings give the same draft. */
export async function buildQuiltJob(programs: QuiltPrograms, settings: QuiltSettings): Promise<JobDraft> {
  checkSettings(settings);
  const { quilts, side, colors } = settings;
  const task = [String(side), String(colors), '{index}'];
  const input = async (bytes: Uint8Array) => ({
    cid: (await cutBlob(bytes)).cid,
    bytes: bytes.byteLength,
  });
  const manifest: Manifest = {
    version: 1,
    name: 'Quilts without rectangles',
    description: `${quilts} quilts of ${side} × ${side} patches in ${colors} colours: no four patches of one colour are the corners of a rectangle.`,
    program: {
      kind: 'wasi',
      module: await input(programs.search),
      args: ['quilt', ...task],
      env: {},
      files: {},
      outputs: ['quilt.txt', 'frame.rgba'],
    },
    split: { by: 'range', name: 'quilt', from: 0, to: quilts, step: 1 },
    limits: { memoryBytes: 16 * MIB, wallMs: 120_000, outputBytes: 1 * MIB },
    comparator: { class: 'verifier', module: await input(programs.verifier), args: ['verify', ...task] },
    policy: { kind: 'adaptive', auditRate: 0 },
    deliverable: {
      kind: 'video',
      path: 'frame.rgba',
      width: PICTURE_PIXELS,
      height: PICTURE_PIXELS,
      framesPerSecond: FRAMES_PER_SECOND,
    },
  };
  return { manifest, blobs: [ownBytes(programs.search), ownBytes(programs.verifier)] };
}

function checkSettings({ quilts, side, colors }: QuiltSettings): void {
  const areCounts = [quilts, side].every((count) => Number.isSafeInteger(count) && count >= 1);
  if (areCounts && quilts <= MAX_QUILTS && side >= MIN_SIDE && side <= (MAX_SIDES[colors] ?? 0)) return;
  throw new KilnError('example/bad-settings', 'These settings make no quilts that can be found.', {
    data: { quilts, side, colors },
    hint: `Take up to ${MAX_QUILTS} quilts, and 4 patches a side with 2 colours, up to 10 with 3, up to 15 with 4.`,
  });
}
