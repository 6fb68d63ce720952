import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { checkManifest } from '../../src/job/check/check-manifest.ts';
import { jobCid, manifestBytes, parseManifest } from '../../src/job/manifest.ts';
import { taskCount } from '../../src/job/split.ts';
import { meta } from './meta.ts';

const shader = utf8('// not compiled here');

test('the default job is sound: 72 frames, compared exactly', async () => {
  const { manifest, blobs } = await meta.build({ shader }, {});
  checkManifest(manifest);
  expect(taskCount(manifest.split)).toBe(72);
  expect(manifest.comparator).toEqual({ class: 'exact' });
  expect(parseManifest(manifestBytes(manifest))).toEqual(manifest);
  expect(blobs.map((blob) => blob.byteLength)).toEqual([shader.byteLength, 72 * 8]);
});

test('the same choices give the same job, others another', async () => {
  const cid = async (options: Record<string, number | string>) =>
    jobCid((await meta.build({ shader }, options)).manifest);
  expect(await cid({ frames: 9 })).toBe(await cid({ frames: 9 }));
  expect(await cid({ frames: 9 })).not.toBe(await cid({ frames: 10 }));
});

describe('refused are', () => {
  test.each([
    { frames: 0 },
    { size: '321x180' },
    { size: 'large' },
    { size: '4098x16' },
    { samples: 9 },
    { iterations: 0.5 },
  ])('%j', async (options) => {
    await expect(meta.build({ shader }, options as Record<string, number | string>)).rejects.toThrow(
      expect.objectContaining({ code: 'example/bad-settings' }),
    );
  });

  test('a job without its shader', async () => {
    await expect(meta.build({}, {})).rejects.toThrow(
      expect.objectContaining({ code: 'example/missing-input' }),
    );
  });
});
