import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { checkManifest } from '../../src/job/check/check-manifest.ts';
import { inputsOf, keptInputsOf } from '../../src/job/inputs.ts';
import { jobCid, manifestBytes, parseManifest } from '../../src/job/manifest.ts';
import { taskCount } from '../../src/job/split.ts';
import { meta } from './meta.ts';
import { grindLenses, weaveMatrices } from './waves.ts';

const programs = { shader: utf8('// not compiled here'), verifier: utf8('nor this') };

test('the default job is sound: 24 products, and a verifier that stays with its requestor', async () => {
  const { manifest, blobs } = await meta.build(programs, {});
  checkManifest(manifest);
  expect(taskCount(manifest.split)).toBe(24);
  expect(parseManifest(manifestBytes(manifest))).toEqual(manifest);
  const matrix = 256 * 1_024 * 4;
  expect(blobs.map((blob) => blob.byteLength)).toEqual([20, 8, matrix, matrix, 24 * 1_024 * 4]);
  expect(keptInputsOf(manifest)).toHaveLength(5);
  const ofProviders = inputsOf(manifest).map(({ bytes }) => bytes);
  expect(ofProviders.sort((a, b) => a - b)).toEqual([20, 24 * 1_024 * 4, matrix, matrix]);
});

test('the same choices give the same job, others another', async () => {
  const cid = async (options: Record<string, number | string>) =>
    jobCid((await meta.build(programs, { side: '128', ...options })).manifest);
  expect(await cid({ frames: 2 })).toBe(await cid({ frames: 2 }));
  expect(await cid({ frames: 2 })).not.toBe(await cid({ frames: 3 }));
});

test('waves lie between −1 and 1, lenses between 0 and 1', () => {
  const { left, right } = weaveMatrices(32, 64);
  for (const matrix of [left, right]) {
    const numbers = new Float32Array(matrix.buffer);
    expect(numbers).toHaveLength(32 * 64);
    expect(numbers.every((number) => Math.abs(number) <= 1)).toBe(true);
    expect(new Set(numbers).size).toBeGreaterThan(400);
  }
  const lenses = new Float32Array(grindLenses(4, 64).buffer);
  expect(lenses.every((number) => number >= 0 && number <= 1)).toBe(true);
  // Open where it is, shut half a turn away.
  expect([lenses[0], lenses[32], lenses[2 * 64 + 32], lenses[2 * 64]]).toEqual([1, 0, 1, 0]);
});

describe('refused are', () => {
  test.each([
    { frames: 0 },
    { frames: 601 },
    { side: '100' },
    { side: '4096' },
    { waves: '6' },
    { waves: '8192' },
  ])('%j', async (options) => {
    await expect(meta.build(programs, options as Record<string, number | string>)).rejects.toThrow(
      expect.objectContaining({ code: 'example/bad-settings' }),
    );
  });

  test('a job without its verifier', async () => {
    await expect(meta.build({ shader: programs.shader }, {})).rejects.toThrow(
      expect.objectContaining({ code: 'example/missing-input' }),
    );
  });
});
