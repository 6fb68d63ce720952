import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkManifest } from '../../src/job/check/check-manifest.ts';
import { jobCid, manifestBytes, parseManifest } from '../../src/job/manifest.ts';
import { taskCount } from '../../src/job/split.ts';
import { runProgram } from '../../wasm/run-program.ts';
import { meta } from './meta.ts';

const file = meta.inputs[0]!.url;
const module = new Uint8Array(readFileSync(file));

async function rows(first: number, end: number): Promise<string[]> {
  const { stdout } = await runProgram('goldbach', [String(first), String(end)], file);
  return new TextDecoder().decode(stdout).trimEnd().split('\n');
}

// Sequence A045917 of the OEIS: sums of two primes, order disregarded, of 2n.
test.each([
  [10, 2],
  [100, 6],
  [1_000, 28],
  [10_000, 127],
  [100_000, 810],
])('%i is a sum of two primes in %i ways', async (n, ways) => {
  const [row] = await rows(n / 2, n / 2 + 1);
  expect(row!.split(',').slice(0, 2).map(Number)).toEqual([n, ways]);
});

test('how it is cut into tasks does not change the table', async () => {
  expect([...(await rows(2, 70)), ...(await rows(70, 200))]).toEqual(await rows(2, 200));
});

test.each([[['5', '5']], [['1', '9']], [['2']], [['x', 'y']], [['2', '99999999']]])(
  'arguments %j are refused by exit code 2',
  async (args) => {
    const { exitCode, stderr } = await runProgram('goldbach', args, file);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('goldbach FIRST END');
  },
);

test('the default job is sound, and the same choices give the same job', async () => {
  const { manifest } = await meta.build({ module }, {});
  checkManifest(manifest);
  expect(taskCount(manifest.split)).toBe(64);
  expect(parseManifest(manifestBytes(manifest))).toEqual(manifest);
  const cid = async (to: number) => jobCid((await meta.build({ module }, { to })).manifest);
  expect(await cid(1_000)).toBe(await cid(1_000));
  expect(await cid(1_000)).not.toBe(await cid(1_002));
});

test.each([
  { from: 100, to: 100 },
  { from: 2 },
  { to: 5_000_000 },
  { numbersPerTask: 0.5 },
  { to: Number.NaN },
])('%j is refused', async (options) => {
  await expect(meta.build({ module }, options)).rejects.toThrow(
    expect.objectContaining({ code: 'example/bad-settings' }),
  );
});

test('without its program there is no job', async () => {
  await expect(meta.build({}, {})).rejects.toThrow(
    expect.objectContaining({ code: 'example/missing-input' }),
  );
});
