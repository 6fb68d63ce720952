import { describe, expect, test } from 'vitest';
import { MAX_TASKS_PER_JOB } from '../../protocol/constants.ts';
import type { Manifest, OnnxProgram, WasiProgram } from '../../protocol/manifest.ts';
import { checkManifest } from './check-manifest.ts';
import { ONNX_JOB, SOME_CID, WASI_JOB, WGSL_JOB } from '../manifest.fixture.ts';

/** A copy with one part replaced, named by its path. */
function changed(manifest: Manifest, path: string, value: unknown): Manifest {
  const copy = structuredClone(manifest);
  const keys = path.split('/');
  let part = copy as unknown as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) part = part[key] as Record<string, unknown>;
  part[keys.at(-1)!] = value;
  return copy;
}

const SOME_INPUT = { cid: SOME_CID, bytes: 100 };
const VERIFIER = { class: 'verifier' as const, module: SOME_INPUT, args: ['verify', '{index}'] };
/** A job that has standard input, and a verifier. */
const WASI_VERIFIED: Manifest = {
  ...WASI_JOB,
  program: { ...(WASI_JOB.program as WasiProgram), stdin: SOME_INPUT },
  comparator: VERIFIER,
};

test('sound jobs pass', () => {
  checkManifest(WASI_VERIFIED);
  checkManifest({ ...WGSL_JOB, comparator: { ...VERIFIER, args: ['verify', '{frame}'] } });
  checkManifest({ ...WGSL_JOB, comparator: { class: 'verifier', module: SOME_INPUT } });
  checkManifest({ ...WGSL_JOB, policy: { kind: 'adaptive', auditRate: 0, sameNumericClass: true } });
  checkManifest(WASI_JOB);
  checkManifest(WGSL_JOB);
  checkManifest({ ...WASI_JOB, deliverable: { kind: 'files' } });
});

const sixtyFive = Object.fromEntries(
  Array.from({ length: 65 }, (_, i) => [`f${i}`, { cid: `${SOME_CID}${i}`, bytes: 1 }]),
);

describe.each([
  ['wasi', WASI_JOB, 'split/to', 0, 'job/no-tasks'],
  [
    'wasi',
    WASI_JOB,
    'split',
    { by: 'range', name: 'x', from: 0, to: MAX_TASKS_PER_JOB + 1, step: 1 },
    'job/too-many-tasks',
  ],
  ['wasi', WASI_JOB, 'split/to', Number.MAX_SAFE_INTEGER, 'job/too-many-tasks'],
  ['wasi', WASI_JOB, 'split/name', 'index', 'job/name-taken'],
  ['wasi', WASI_JOB, 'split/name', 'other', 'job/unknown-parameter'],
  ['wasi', WASI_JOB, 'program/env', { A: '{nothing}' }, 'job/unknown-parameter'],
  ['wasi', WASI_JOB, 'program/args', ['{constructor}'], 'job/unknown-parameter'],
  ['wasi', WASI_JOB, 'program/steps', 0, 'job/bad-steps'],
  ['wasi', WASI_JOB, 'program/steps', '1.5', 'job/bad-steps'],
  ['wasi', WASI_JOB, 'program/steps', '1e6 + 1', 'job/bad-steps'],
  ['wasi', WASI_JOB, 'program/steps', 'nothing', 'expression/unknown-name'],
  ['wasi', WASI_JOB, 'program/outputs', ['stdout', 'stdout'], 'job/duplicate-output'],
  ['wasi', WASI_JOB, 'program/outputs', ['rows.csv'], 'job/deliverable-without-output'],
  ['wasi', WASI_JOB, 'program/files', sixtyFive, 'job/too-many-inputs'],
  ['wasi', WASI_JOB, 'program/files', { a: { cid: SOME_CID, bytes: 99 } }, 'job/input-sizes-differ'],
  ['wasi', WASI_JOB, 'program/module/bytes', 2 ** 32 + 1, 'job/input-too-large'],
  ['wasi', WASI_JOB, 'policy/limit', 1, 'job/policy-impossible'],
  [
    'wasi',
    WASI_JOB,
    'comparator',
    { class: 'tolerance', rtol: 0, atol: 1, maxOutliers: 0 },
    'job/tolerance-without-numbers',
  ],
  ['wasi', WASI_JOB, 'policy/sameNumericClass', true, 'job/numeric-class-without-gpu'],
  ['onnx', ONNX_JOB, 'policy/sameNumericClass', true, 'job/numeric-class-without-gpu'],
  [
    'wasi',
    WASI_JOB,
    'comparator',
    { ...VERIFIER, module: { cid: `${SOME_CID}x`, bytes: 2 ** 24 + 1 } },
    'job/verifier-too-large',
  ],
  ['wasi', WASI_JOB, 'comparator', { ...VERIFIER, args: ['verify', '{frist}'] }, 'job/unknown-parameter'],
  [
    'wasi',
    WASI_JOB,
    'comparator',
    { ...VERIFIER, module: { cid: SOME_CID, bytes: 99 } },
    'job/input-sizes-differ',
  ],
  ['wasi', WASI_VERIFIED, 'program/files', { stdin: SOME_INPUT }, 'job/input-name-taken'],
  [
    'onnx',
    { ...ONNX_JOB, comparator: { ...VERIFIER, module: { cid: SOME_CID, bytes: 600 } } },
    'program/inputs',
    { 'model/pictures:0': (ONNX_JOB.program as OnnxProgram).inputs['pictures'] },
    'job/input-without-file-name',
  ],
  ['wasi', WASI_JOB, 'deliverable/columns', ['x', 'x'], 'job/duplicate-column'],
  ['wasi', WASI_JOB, 'deliverable/plot/y', 'z', 'job/no-such-column'],
  ['wgsl', WGSL_JOB, 'program/passes/0/shader', 'constructor', 'job/unknown-shader'],
  ['wgsl', WGSL_JOB, 'program/passes/0/bindings/2', 'pixel', 'job/unknown-buffer'],
  ['wgsl', WGSL_JOB, 'program/passes/0/bindings/2', 'toString', 'job/unknown-buffer'],
  ['wgsl', WGSL_JOB, 'program/passes/0/workgroups/0', 65_536, 'job/bad-number'],
  ['wgsl', WGSL_JOB, 'program/passes/0/workgroups/1', '0.5', 'job/bad-number'],
  ['wgsl', WGSL_JOB, 'program/passes/0/repeat', '0 - 1', 'job/bad-number'],
  ['wgsl', WGSL_JOB, 'program/buffers/pixels/bytes', '32 - 32 * frame', 'job/bad-number'],
  ['wgsl', WGSL_JOB, 'program/buffers/pixels/bytes', '32 * (frame', 'expression/bad-syntax'],
  ['wgsl', WGSL_JOB, 'program/buffers/pixels/bytes', '32 * fame', 'expression/unknown-name'],
  ['wgsl', WGSL_JOB, 'program/buffers/pixels/bytes', '32 * tile', 'expression/unknown-name'],
  ['wgsl', WGSL_JOB, 'program/buffers/motion/source/offset', 'frame * 51', 'job/source-does-not-fit'],
  ['wgsl', WGSL_JOB, 'program/buffers/motion/bytes', 49, 'job/source-does-not-fit'],
  ['wgsl', WGSL_JOB, 'program/buffers/motion/source/offset', 'frame * 50 - 1', 'job/bad-number'],
  ['wgsl', WGSL_JOB, 'program/uniformBuffer', undefined, 'job/no-uniform-buffer'],
  ['wgsl', WGSL_JOB, 'program/uniformBuffer', 'pixels', 'job/uniforms-do-not-fit'],
  ['wgsl', WGSL_JOB, 'program/buffers/settings/bytes', 4, 'job/uniforms-do-not-fit'],
  ['wgsl', WGSL_JOB, 'program/uniforms/0/value', 'fps', 'expression/unknown-name'],
  [
    'wgsl',
    WGSL_JOB,
    'program/outputs',
    { 'frame.rgba': { buffer: 'settings', element: 'u8' } },
    'job/output-not-writable',
  ],
  [
    'wgsl',
    WGSL_JOB,
    'program/outputs',
    { 'frame.rgba': { buffer: 'nothing', element: 'u8' } },
    'job/unknown-buffer',
  ],
  ['wgsl', WGSL_JOB, 'deliverable/path', 'frame.png', 'job/deliverable-without-output'],
  ['wgsl', WGSL_JOB, 'deliverable/width', 6, 'job/frame-size-differs'],
])('a %s job', (_kind, manifest, path, value, code) => {
  test(`with ${path} = ${JSON.stringify(value)?.slice(0, 60)} is refused: ${code}`, () => {
    let thrown: unknown;
    try {
      checkManifest(changed(manifest, path, value));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code });
    if (code.startsWith('job/')) expect((thrown as { hint?: string }).hint).toMatch(/^[A-Z].*\.$/);
  });
});

test('what only the last task would break is found', () => {
  // Frame 1 of 2 reads beyond the input's end; frame 0 does not.
  const manifest = changed(WGSL_JOB, 'program/buffers/motion/source/input/bytes', 99);
  expect(() => checkManifest(changed(manifest, 'program/shaders/main/bytes', 99))).toThrow(
    expect.objectContaining({ code: 'job/source-does-not-fit' }),
  );
});
