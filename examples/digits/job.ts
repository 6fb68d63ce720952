import { ownBytes } from '../../src/base/bytes.ts';
import { cutBlob } from '../../src/base/cid.ts';
import { KilnError } from '../../src/base/errors.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';
import type { JobDraft } from '../../src/requestor/view.ts';
import { DIGIT_PIXELS, DIGIT_SIZE } from './draw-digit.ts';
import { drawSet } from './draw-set.ts';

const MIB = 1_048_576;
/** What fits one contact sheet. */
const MAX_DRAWINGS = 4_096;
/** Drawings that one run of the model takes. */
const BATCH_ROWS = 16;
const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

/** What is drawn, and how the work is cut. */
export interface DigitsSettings {
  readonly drawings: number;
  readonly drawingsPerTask: number;
  /** Every seed draws other digits. */
  readonly seed: number;
}

/**
 * Draws digits and makes their reading a job; throws `example/bad-settings`. Pure: the same model and settings give the
 * same draft.
 */
export async function buildDigitsJob(model: Uint8Array, settings: DigitsSettings): Promise<JobDraft> {
  checkSettings(settings);
  const { drawings, drawingsPerTask, seed } = settings;
  const { images } = drawSet(drawings, seed);
  const input = { cid: (await cutBlob(images)).cid, bytes: images.byteLength };
  const manifest: Manifest = {
    version: 1,
    name: 'Handwritten digits',
    description: `A convolutional network reads ${drawings} drawings of digits that it has never seen (seed ${seed}).`,
    program: {
      kind: 'onnx',
      model: { cid: (await cutBlob(model)).cid, bytes: model.byteLength },
      backend: 'wasm',
      inputs: {
        image: {
          type: 'f32',
          shape: ['first_end - first', 1, DIGIT_SIZE, DIGIT_SIZE],
          source: {
            input,
            offset: `first * ${DIGIT_PIXELS}`,
            length: `(first_end - first) * ${DIGIT_PIXELS}`,
          },
          fromBytes: { scale: 1 / 255, offset: 0 },
        },
      },
      batchRows: BATCH_ROWS,
      outputs: { 'probabilities.f32': { tensor: 'probabilities', type: 'f32' } },
    },
    split: { by: 'range', name: 'first', from: 0, to: drawings, step: drawingsPerTask },
    limits: { memoryBytes: 128 * MIB, wallMs: 60_000, outputBytes: 1 * MIB, moduleBytes: 1 * MIB },
    comparator: { class: 'exact' },
    policy: { kind: 'quorum', need: 2, limit: 5, auditRate: 0 },
    deliverable: {
      kind: 'contact-sheet',
      path: 'probabilities.f32',
      images: input,
      width: DIGIT_SIZE,
      height: DIGIT_SIZE,
      labels: DIGITS,
    },
  };
  return { manifest, blobs: [ownBytes(model), images] };
}

function checkSettings({ drawings, drawingsPerTask, seed }: DigitsSettings): void {
  const areWhole = [drawings, drawingsPerTask, seed].every(
    (value) => Number.isSafeInteger(value) && value >= 1,
  );
  if (areWhole && drawings <= MAX_DRAWINGS) return;
  throw new KilnError('example/bad-settings', 'These settings make no set of drawings.', {
    data: { drawings, drawingsPerTask, seed },
    hint: `Take 1 to ${MAX_DRAWINGS} drawings, and whole numbers of at least 1 for the rest.`,
  });
}
