import { KilnError } from '../../base/errors.ts';
import type { Deliverable, Program } from '../../protocol/manifest.ts';
import { namedInputs } from '../inputs.ts';

type ContactSheet = Extract<Deliverable, { kind: 'contact-sheet' }>;

/** Pictures on one sheet: more make it larger than what browsers draw. */
const MAX_PICTURES = 4_096;

/** Throws a `job/…` error when scores and pictures cannot become a contact sheet. */
export function checkContactSheet(sheet: ContactSheet, program: Program): void {
  const { images, width, height, labels, path } = sheet;
  if (!namedInputs({ program }).some(({ cid }) => cid === images.cid)) {
    throw new KilnError(
      'job/images-no-input',
      'deliverable.images: the program does not read these pictures.',
      {
        data: { path: 'deliverable.images', cid: images.cid },
        hint: 'Name the input from which the program takes its pictures.',
      },
    );
  }
  const pictures = images.bytes / (width * height);
  if (!Number.isInteger(pictures) || pictures < 1 || pictures > MAX_PICTURES) {
    throw new KilnError(
      'job/images-do-not-fit',
      `deliverable.images: ${images.bytes} bytes are not 1 to ${MAX_PICTURES} pictures of ${width} × ${height} pixels.`,
      {
        data: { path: 'deliverable.images', bytes: images.bytes, width, height },
        hint: 'Give one byte of grey for each pixel, and take the kind "files" for more pictures.',
      },
    );
  }
  if (new Set(labels).size !== labels.length) {
    const twice = labels.find((label, i) => labels.indexOf(label) !== i)!;
    throw new KilnError('job/duplicate-label', `deliverable.labels: "${twice}" stands there twice.`, {
      data: { path: 'deliverable.labels', label: twice },
      hint: 'Give each score a label of its own.',
    });
  }
  const type = program.kind === 'onnx' ? program.outputs[path]!.type : 'f32';
  if (type === 'f32') return;
  throw new KilnError('job/scores-not-f32', `deliverable.path: the output "${path}" is ${type}, not f32.`, {
    data: { path: 'deliverable.path', output: path, type },
    hint: 'Name the output with the scores, before a label is chosen.',
  });
}
