import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../protocol/manifest.ts';
import { checkManifest } from './check-manifest.ts';
import { ONNX_JOB, SOME_CID } from '../manifest.fixture.ts';

type Onnx = Extract<Manifest['program'], { kind: 'onnx' }>;
const PROGRAM = ONNX_JOB.program as Onnx;
const PICTURES = PROGRAM.inputs['pictures']!;
const program = (more: Partial<Onnx>, rest: Partial<Manifest> = {}): Manifest => ({
  ...ONNX_JOB,
  ...rest,
  program: { ...PROGRAM, ...more },
});
const pictures = (more: Partial<typeof PICTURES>) =>
  program({ inputs: { pictures: { ...PICTURES, ...more } as typeof PICTURES } });
const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

test('a sound job passes', () => expect(() => checkManifest(ONNX_JOB)).not.toThrow());

describe('a tensor that its bytes do not fill', () => {
  const [first] = PICTURES.shape;
  test.each<[string, Manifest, string, RegExp]>([
    [
      'by its shape',
      pictures({ shape: [first!, 1, 10, 11] }),
      'job/source-does-not-fit',
      /300 bytes do not fill f32\[3,1,10,11\]/,
    ],
    ['by a dimension of 0', pictures({ shape: [0, 100] }), 'job/bad-number', /shape\[0\]: is 0 in task 1/],
    ['by half a row', pictures({ shape: [1.5, 200] }), 'job/bad-number', /shape\[0\]: is 1.5/],
    ['by a name that is no parameter', pictures({ shape: ['rows', 100] }), 'expression/unknown-name', /rows/],
    [
      'beyond its blob',
      pictures({
        source: {
          input: { cid: SOME_CID, bytes: 600 },
          offset: 'first * 100 + 1',
          length: '(first_end - first) * 100',
        },
      }),
      'job/source-does-not-fit',
      /bytes 301 to 601 lie beyond the input's 600/,
    ],
    ['as whole numbers', pictures({ type: 'i32' }), 'job/bytes-to-whole-numbers', /the tensor is i32/],
  ])('%s is refused', (_, manifest, code, message) => {
    expect(() => checkManifest(manifest)).toThrow(refused(code, message));
  });

  test('hears of fromBytes when the blob holds bytes', () => {
    const { fromBytes: _, ...bare } = PICTURES;
    expect(() => checkManifest(program({ inputs: { pictures: bare } }))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('fromBytes') }),
    );
  });
});

test('batches need one number of rows', () => {
  const scalar = {
    type: 'u8' as const,
    shape: [],
    source: { input: { cid: SOME_CID, bytes: 600 }, offset: 0, length: 1 },
  };
  expect(() => checkManifest(program({ inputs: { pictures: PICTURES, scalar } }))).toThrow(
    refused('job/batch-rows-differ', /inputs\["scalar"\] has no axis/),
  );
  const four = { ...scalar, shape: [4], source: { ...scalar.source, length: 4 } };
  expect(() => checkManifest(program({ inputs: { pictures: PICTURES, four } }))).toThrow(
    refused('job/batch-rows-differ', /inputs\["four"\] has 4 rows and program\.inputs\["pictures"\] has 3/),
  );
});

test('the GPU backend is compared with a tolerance, the CPU backend either way', () => {
  const tolerance = { class: 'tolerance', rtol: 1e-3, atol: 1e-4, maxOutliers: 0 } as const;
  expect(() => checkManifest(program({ backend: 'webgpu' }))).toThrow(
    refused('job/exact-on-gpu', /comparator\.class: models on the GPU/),
  );
  expect(() => checkManifest(program({ backend: 'webgpu' }, { comparator: tolerance }))).not.toThrow();
  expect(() => checkManifest(program({}, { comparator: tolerance }))).not.toThrow();
});
