import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inputsOf, keptInputsOf } from '../../src/job/inputs.ts';
import { checkManifest } from '../../src/job/check/check-manifest.ts';
import { openJobFile } from '../../src/job/job-file.ts';
import { jobCid, manifestBytes, parseManifest } from '../../src/job/manifest.ts';
import { taskCount } from '../../src/job/split.ts';
import { meta } from './meta.ts';

const [search, verifier] = meta.inputs.map(({ url }) => new Uint8Array(readFileSync(url))) as [
  Uint8Array<ArrayBuffer>,
  Uint8Array<ArrayBuffer>,
];

test('the default job is sound, and the verifier stays with its requestor', async () => {
  const { manifest, blobs } = await meta.build({ search, verifier }, {});
  checkManifest(manifest);
  expect(taskCount(manifest.split)).toBe(24);
  expect(parseManifest(manifestBytes(manifest))).toEqual(manifest);
  expect(blobs.map((blob) => blob.byteLength)).toEqual([search.byteLength, verifier.byteLength]);
  expect(inputsOf(manifest).map(({ bytes }) => bytes)).toEqual([search.byteLength]);
  expect(keptInputsOf(manifest).map(({ bytes }) => bytes)).toEqual([search.byteLength, verifier.byteLength]);
});

test('the same choices give the same job, others another', async () => {
  const cid = async (options: Record<string, number | string>) =>
    jobCid((await meta.build({ search, verifier }, options)).manifest);
  expect(await cid({ quilts: 9 })).toBe(await cid({ quilts: 9 }));
  expect(await cid({ quilts: 9 })).not.toBe(await cid({ quilts: 10 }));
});

test('its job file brings the verifier', async () => {
  const text = readFileSync(new URL('./job.json', import.meta.url), 'utf8');
  const { manifest, blobs } = await openJobFile(
    text,
    async (path) => new Uint8Array(readFileSync(new URL(path, import.meta.url))),
  );
  expect(blobs.map((blob) => blob.byteLength)).toEqual([search.byteLength, verifier.byteLength]);
  expect(manifest.comparator).toMatchObject({ class: 'verifier', args: ['verify', '12', '4', '{index}'] });
});

describe('refused are', () => {
  test.each([
    { quilts: 0 },
    { quilts: 1.5 },
    { size: '16x4' },
    { size: '11x3' },
    { size: '3x4' },
    { size: '10x5' },
    { size: 'large' },
  ])('%j', async (options) => {
    await expect(
      meta.build({ search, verifier }, options as Record<string, number | string>),
    ).rejects.toThrow(expect.objectContaining({ code: 'example/bad-settings' }));
  });

  test('a job without its verifier', async () => {
    await expect(meta.build({ search }, {})).rejects.toThrow(
      expect.objectContaining({ code: 'example/missing-input' }),
    );
  });
});
