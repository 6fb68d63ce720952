import { expect, test } from 'vitest';
import type { Deliverable, Manifest } from '../../protocol/manifest.ts';
import { checkManifest } from './check-manifest.ts';
import { ONNX_JOB, SOME_CID, WASI_JOB } from '../manifest.fixture.ts';

type Sheet = Extract<Deliverable, { kind: 'contact-sheet' }>;
const SHEET: Sheet = {
  kind: 'contact-sheet',
  path: 'scores',
  images: { cid: SOME_CID, bytes: 600 },
  width: 10,
  height: 10,
  labels: ['dark', 'light'],
};
const withSheet = (more: Partial<Sheet>, job = ONNX_JOB): Manifest => ({
  ...job,
  deliverable: { ...SHEET, ...more },
});

test('six pictures make a sheet', () => expect(() => checkManifest(withSheet({}))).not.toThrow());

test.each<[string, Manifest, string, RegExp]>([
  [
    'an output that is not there',
    withSheet({ path: 'labels' }),
    'job/deliverable-without-output',
    /no output "labels"/,
  ],
  [
    'pictures that the program never reads',
    withSheet({ images: { cid: 'bafkreih', bytes: 600 } }),
    'job/images-no-input',
    /does not read these pictures/,
  ],
  ['part of a picture', withSheet({ width: 11 }), 'job/images-do-not-fit', /600 bytes .* 11 × 10 pixels/],
  [
    'more pictures than a sheet holds',
    withSheet({ width: 1, height: 1, images: { cid: SOME_CID, bytes: 5_000 } }),
    'job/images-do-not-fit',
    /1 to 4096 pictures/,
  ],
  [
    'one label twice',
    withSheet({ labels: ['a', 'b', 'a'] }),
    'job/duplicate-label',
    /"a" stands there twice/,
  ],
  [
    'scores of whole numbers',
    {
      ...withSheet({}),
      program: {
        ...ONNX_JOB.program,
        outputs: { scores: { tensor: 'scores', type: 'i64' } },
      } as Manifest['program'],
    },
    'job/scores-not-f32',
    /"scores" is i64/,
  ],
])('%s is refused', (_, manifest, code, message) => {
  expect(() => checkManifest(manifest)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test('any kind of program may score pictures', () => {
  const job = withSheet(
    { path: 'stdout', images: { cid: SOME_CID, bytes: 100 }, labels: ['a', 'b'] },
    WASI_JOB,
  );
  expect(() => checkManifest(job)).not.toThrow();
});
