import { expect, test } from 'vitest';
import { cutBlob } from '../base/cid.ts';
import { encode } from '../protocol/codec.ts';
import type { Manifest, WgslProgram } from '../protocol/manifest.ts';
import { MAX_MANIFEST_BYTES } from '../protocol/constants.ts';
import { inputsOf, keptInputsOf } from './inputs.ts';
import { SOME_CID, WASI_JOB, WGSL_JOB } from './manifest.fixture.ts';
import { jobCid, manifestBytes, parseManifest } from './manifest.ts';

const withCode = (code: string) => expect.objectContaining({ code });

test.each([WASI_JOB, WGSL_JOB])('a manifest survives the wire and keeps its name', async (manifest) => {
  const bytes = manifestBytes(manifest);
  const back = parseManifest(bytes);
  expect(back).toEqual(manifest);
  expect(await jobCid(back)).toBe((await cutBlob(bytes)).cid);
});

test('a manifest too large for the wire is refused on both ends', () => {
  const program = { ...WASI_JOB.program, args: Array.from({ length: 64 }, () => 'x'.repeat(1_000)) } as never;
  const large = { ...WASI_JOB, program, description: 'x'.repeat(1_000) };
  expect(manifestBytes({ ...large, description: '' }).byteLength).toBeLessThanOrEqual(MAX_MANIFEST_BYTES);
  const files = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [`f${i}`, { cid: SOME_CID, bytes: 100 }]),
  );
  const tooLarge = { ...large, program: { ...(program as object), files } as never };
  expect(() => manifestBytes(tooLarge)).toThrow(withCode('job/manifest-too-large'));
  expect(() => parseManifest(encode(tooLarge))).toThrow(withCode('protocol/too-large'));
});

test("a stranger's manifest is refused when malformed, of wrong form, or senseless", () => {
  expect(() => parseManifest(new Uint8Array([0xff]))).toThrow(withCode('protocol/malformed'));
  expect(() => parseManifest(encode({ ...WASI_JOB, extra: 1 }))).toThrow(withCode('protocol/invalid'));
  const senseless = { ...WASI_JOB, split: { ...WASI_JOB.split, to: 0 } };
  expect(() => parseManifest(encode(senseless))).toThrow(withCode('job/no-tasks'));
});

test('bytes that say something twice, or with a list for an object, are refused', () => {
  expect(() => parseManifest(encode({ ...WASI_JOB, limits: [] }))).toThrow(withCode('protocol/invalid'));
  const program = {
    ...WGSL_JOB.program,
    passes: [{ ...(WGSL_JOB.program as WgslProgram).passes[0], workgroups: [1, 1, 1, 1] }],
  };
  expect(() => parseManifest(encode({ ...WGSL_JOB, program }))).toThrow(withCode('protocol/invalid'));
});

test('a verifier is kept by the requestor, and no provider needs it', () => {
  const module = { cid: `${SOME_CID.slice(0, -1)}b`, bytes: 7 };
  const job: Manifest = { ...WGSL_JOB, comparator: { class: 'verifier', module } };
  expect(inputsOf(job)).toEqual([{ cid: SOME_CID, bytes: 100 }]);
  expect(keptInputsOf(job)).toEqual([{ cid: SOME_CID, bytes: 100 }, module]);
  // One program may be both: it is named once.
  const own: Manifest = {
    ...WASI_JOB,
    comparator: { class: 'verifier', module: { cid: SOME_CID, bytes: 100 } },
  };
  expect(keptInputsOf(own)).toEqual([{ cid: SOME_CID, bytes: 100 }]);
  expect(keptInputsOf(WGSL_JOB)).toEqual(inputsOf(WGSL_JOB));
});

test('inputs are listed once each, program first', () => {
  const other = `${SOME_CID.slice(0, -1)}b`;
  const program = {
    ...WASI_JOB.program,
    stdin: { cid: other, bytes: 5 },
    files: { a: { cid: SOME_CID, bytes: 100 } },
  };
  expect(inputsOf({ ...WASI_JOB, program } as never)).toEqual([
    { cid: SOME_CID, bytes: 100 },
    { cid: other, bytes: 5 },
  ]);
  expect(inputsOf(WGSL_JOB)).toEqual([{ cid: SOME_CID, bytes: 100 }]);
});
