import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bytes } from '../../src/base/bytes.ts';
import type { JobDraft } from '../../src/requestor/view.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { forge, openDraft, type OpenDraft, type Outputs } from '../verify-draft.ts';
import { meta } from './meta.ts';

const [SIDE, WAVES] = [128, 256];
let sandbox: Sandbox;
let draft: JobDraft;
let job: OpenDraft;
let honest: Outputs;

beforeAll(async () => {
  sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 1, pageUrl: '/sandbox.html' });
  const files = await Promise.all(
    meta.inputs.map(async ({ name, url }): Promise<[string, Bytes]> => {
      return [name, new Uint8Array(await (await fetch(url)).arrayBuffer())];
    }),
  );
  draft = await meta.build(Object.fromEntries(files), {
    frames: 4,
    side: String(SIDE),
    waves: String(WAVES),
  });
  job = await openDraft(sandbox, draft);
  const outcome = await job.run(1);
  expect(outcome.exit).toEqual({ kind: 'ok' });
  expect(outcome.numericClass).toMatch(/^[0-9a-f]{64}$/);
  honest = outcome.outputs;
});
afterAll(async () => {
  await job[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
});

/** Entries of the product as numbers, and back. */
function change(by: (product: Float32Array) => void): Outputs {
  return forge(honest, 'product.f32', (bytes) => by(new Float32Array(bytes.buffer)));
}

/** The product once more, in 64-bit floats, from the inputs as the task sees them. */
function multiplyByHand(frame: number, row: number, column: number): number {
  const [left, right, lenses] = draft.blobs.slice(2).map((blob) => new Float32Array(blob.slice().buffer));
  let sum = 0;
  for (let q = 0; q < WAVES; q++)
    sum += left![row * WAVES + q]! * right![column * WAVES + q]! * lenses![frame * WAVES + q]!;
  return sum;
}

test('the product is what multiplying by hand gives', () => {
  const product = new Float32Array(honest.find(({ path }) => path === 'product.f32')!.bytes.slice().buffer);
  for (const [row, column] of [
    [0, 0],
    [5, 77],
    [64, 31],
    [127, 127],
  ] as const)
    expect(product[row * SIDE + column]).toBeCloseTo(multiplyByHand(1, row, column), 3);
});

test('an honest product is right, whatever the signs, and far from the bound', async () => {
  for (let i = 0; i < 4; i++) {
    const { outcome, reason } = await job.verify(1, honest);
    expect(outcome).toBe('right');
    expect(Number(/largest error is ([\d.]+) of/.exec(reason!)![1])).toBeLessThan(4);
  }
});

describe('a forged product is wrong:', () => {
  test.each<[string, (product: Float32Array) => void, RegExp]>([
    [
      'one entry is off by a hundredth',
      (c) => (c[40 * SIDE + 9]! += 0.01),
      /row 40 of the product is off by 0\.0(09|1)/,
    ],
    ['one entry is no number', (c) => (c[7] = NaN), /row 0 of the product/],
    ['one entry is infinite', (c) => (c[7] = -Infinity), /row 0 of the product/],
    ['nothing was computed', (c) => c.fill(0), /row \d+ of the product/],
    ['the last rows were left out', (c) => c.fill(0, 120 * SIDE), /row 12\d of the product/],
    [
      'two entries of a row are off by as much in both directions, which hides half of all signs',
      (c) => {
        c[3 * SIDE]! += 1;
        c[3 * SIDE + 1]! -= 1;
      },
      /row 3 of the product/,
    ],
    [
      'a matrix of low rank was added that vanishes for the vectors (1, 1, …) and (1, −1, …)',
      (c) => {
        for (let row = 0; row < SIDE; row++) {
          for (const [column, sign] of [1, -1, -1, 1].entries())
            for (let at = column; at < SIDE; at += 4) c[row * SIDE + at]! += sign * 0.1 * (row + 1);
        }
      },
      /row 0 of the product/,
    ],
  ])('%s', async (_, by, words) => {
    const { outcome, reason } = await job.verify(1, change(by));
    expect({ outcome, reason }).toEqual({ outcome: 'wrong', reason: expect.stringMatching(words) as string });
  });

  test('it is the product of another task', async () => {
    expect(await job.verify(2, honest)).toMatchObject({ outcome: 'wrong' });
  });

  test('a coarser one in 16-bit floats, which would be faster', async () => {
    const { outcome } = await job.verify(
      1,
      change((c) => c.forEach((value, i) => (c[i] = Math.round(value * 256) / 256))),
    );
    expect(outcome).toBe('wrong');
  });
});

test('a picture that is not of its product is wrong, one shade is rounding', async () => {
  const paint = (by: number) => forge(honest, 'frame.rgba', (bytes) => (bytes[400] = bytes[400]! + by));
  expect(await job.verify(1, paint(1))).toMatchObject({ outcome: 'right' });
  expect(await job.verify(1, paint(9))).toMatchObject({
    outcome: 'wrong',
    reason: 'pixel 100, 0 has not the colour of its number',
  });
  expect(
    await job.verify(
      1,
      forge(honest, 'frame.rgba', (bytes) => (bytes[3] = 0)),
    ),
  ).toMatchObject({
    outcome: 'wrong',
  });
});

test('an output that is missing or too long is wrong', async () => {
  const [frame, product] = honest as [Outputs[0], Outputs[0]];
  expect(await job.verify(1, [frame])).toMatchObject({
    outcome: 'wrong',
    reason: expect.stringContaining('missing') as string,
  });
  const longer = new Uint8Array(product.bytes.byteLength + 1);
  expect(await job.verify(1, [frame, { path: product.path, bytes: longer }])).toMatchObject({
    outcome: 'wrong',
  });
});
