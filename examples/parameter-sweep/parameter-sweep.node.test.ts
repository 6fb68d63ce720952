import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/base/cid.ts';
import { tableToCsv } from '../../src/job/assemble-table.ts';
import { checkManifest } from '../../src/job/check/check-manifest.ts';
import { inputsOf } from '../../src/job/inputs.ts';
import { LIMIT_BOUNDS } from '../../src/job/limits.ts';
import { jobCid, manifestBytes, parseManifest } from '../../src/job/manifest.ts';
import { taskCount } from '../../src/job/split.ts';
import { EXPECTED_SETTINGS } from './expected-settings.ts';
import { meta } from './meta.ts';
import { runLocally } from './run-locally.node.ts';

const module = new Uint8Array(readFileSync(meta.inputs[0]!.url));

test('the small sweep gives the committed table, byte for byte', async () => {
  const expected = readFileSync(new URL('./expected.csv', import.meta.url), 'utf8');
  expect(tableToCsv(await runLocally(EXPECTED_SETTINGS))).toBe(expected);
});

test('how it is cut into tasks does not change the table', async () => {
  const cut = (valuesPerTask: number) => runLocally({ ...EXPECTED_SETTINGS, valuesPerTask });
  expect(await cut(1)).toEqual(await cut(12));
});

test('the default job is sound: 128 tasks over the committed module', async () => {
  const draft = await meta.build({ module }, {});
  checkManifest(draft.manifest);
  expect(taskCount(draft.manifest.split)).toBe(128);
  expect(parseManifest(manifestBytes(draft.manifest))).toEqual(draft.manifest);
  expect(inputsOf(draft.manifest).map(({ bytes }) => bytes)).toEqual([module.byteLength]);
  expect(await sha256(draft.blobs[0]!)).toEqual(await sha256(module));
});

test('the largest choices stay within what a job may ask for', async () => {
  const largest = Object.fromEntries(
    meta.options.flatMap((each) => ('max' in each ? [[each.name, each.max]] : [])),
  );
  const { manifest } = await meta.build({ module }, { ...largest, from: 0 });
  const { limits } = manifest;
  checkManifest(manifest);
  expect(parseManifest(manifestBytes(manifest))).toEqual(manifest);
  // What a task of 64 values burnt in the sandbox.
  expect(limits.fuel).toBeGreaterThan(1.5 * 380_648_571_687);
  expect(limits.fuel).toBeLessThan(LIMIT_BOUNDS.fuel.atMost);
  expect(limits.wallMs).toBeGreaterThan(300_000);
});

test('the same choices give the same job, others another', async () => {
  const cid = async (options: Record<string, number>) =>
    jobCid((await meta.build({ module }, options)).manifest);
  expect(await cid({ values: 64 })).toBe(await cid({ values: 64 }));
  expect(await cid({ values: 64 })).not.toBe(await cid({ values: 65 }));
});

test.each([{ from: 50, to: 50 }, { values: 1 }, { maxima: 0.5 }, { time: Number.NaN }])(
  '%j is refused',
  async (options) => {
    await expect(meta.build({ module }, options)).rejects.toThrow(
      expect.objectContaining({ code: 'example/bad-settings' }),
    );
  },
);

test('without its program there is no job', async () => {
  await expect(meta.build({}, {})).rejects.toThrow(
    expect.objectContaining({ code: 'example/missing-input' }),
  );
});
