import { describe, expect, test } from 'vitest';
import { KilnError } from '../../base/errors.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { checkManifest } from './check-manifest.ts';
import { pathText } from './expectation.ts';
import { ONNX_JOB, SOME_CID, WASI_JOB, WGSL_JOB } from '../manifest.fixture.ts';
import { validateManifest } from './validate-manifest.ts';

/*
 * Each way to get a manifest wrong ends in an error that names the place, says what must stand there, and what to do.
 */

/** Every optional key is there, so that each can be got wrong. */
const WASI_FULL: Manifest = {
  ...WASI_JOB,
  description: 'what it does',
  program: {
    ...(WASI_JOB.program as Extract<Manifest['program'], { kind: 'wasi' }>),
    stdin: { cid: SOME_CID, bytes: 100 },
    files: { 'in.txt': { cid: SOME_CID, bytes: 100 } },
    steps: 'first_end - first',
    epochMs: 0,
    canonicalNans: true,
  },
  limits: {
    memoryBytes: 1,
    wallMs: 1,
    outputBytes: 1,
    gpuMemoryBytes: 1,
    moduleBytes: 1,
    tableElements: 1,
    fuel: 1,
    shaderBytes: 1,
    inlinedTokens: 1,
    loopTurns: 1,
    compileMs: 1,
  },
};
const WGSL_FULL: Manifest = {
  ...WGSL_JOB,
  comparator: { class: 'tolerance', rtol: 0.1, atol: 1, maxOutliers: 0.1, maxMeanError: 1 },
  policy: { kind: 'adaptive', auditRate: 0.5 },
};
const ONNX_FULL: Manifest = {
  ...ONNX_JOB,
  comparator: { class: 'verifier', module: { cid: SOME_CID, bytes: 600 }, args: ['verify', '{first}'] },
  policy: { kind: 'trust', auditRate: 0 },
  deliverable: {
    kind: 'contact-sheet',
    path: 'scores',
    images: { cid: SOME_CID, bytes: 600 },
    width: 10,
    height: 10,
    labels: ['zero', 'one'],
  },
};

const JOBS = { wasi: WASI_FULL, wgsl: WGSL_FULL, onnx: ONNX_FULL } as const;
type Kind = keyof typeof JOBS;

type Path = readonly (string | number)[];

function placesOf(value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [path];
  const keys = Array.isArray(value) ? value.map((_, i) => i) : Object.keys(value);
  return [path, ...keys.flatMap((key) => placesOf((value as Record<string, unknown>)[key], [...path, key]))];
}

function changed(manifest: unknown, path: Path, value: unknown): unknown {
  const copy = structuredClone(manifest) as Record<string | number, unknown>;
  let part = copy;
  for (const key of path.slice(0, -1)) part = part[key] as Record<string, unknown>;
  if (value === undefined) delete part[path.at(-1)!];
  else part[path.at(-1)!] = value;
  return copy;
}

/** `program.passes[0].entry` as keys. */
function pathOf(text: string): Path {
  return [...text.matchAll(/\["([^"]*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, name]) =>
    index === undefined ? (quoted ?? name!) : Number(index),
  );
}

function refusalOf(raw: unknown): KilnError {
  try {
    checkManifest(validateManifest(raw));
  } catch (error) {
    if (error instanceof KilnError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(raw)}`);
}

/** Every refusal is for an author to act on. */
function expectHelpful(error: KilnError, place: string): void {
  expect(error.message.slice(0, place.length + 2)).toBe(`${place}: `);
  expect(error.message).toMatch(/[.?]$/);
  expect(error.data['path']).toBe(place);
  expect(error.hint).toMatch(/^[A-Z].*[.)]$/s);
}

test('the whole jobs of this table are sound', () => {
  for (const job of Object.values(JOBS)) checkManifest(validateManifest(job));
});

/** Keys that may be left out; what may not is missing when it is. */
const OPTIONAL = new RegExp(
  `^(${[
    String.raw`description`,
    String.raw`limits\.\w+`,
    String.raw`comparator\.(maxMeanError|args)`,
    String.raw`deliverable\.plot`,
    String.raw`program\.(stdin|steps|epochMs|canonicalNans|uniformBuffer|backend|batchRows)`,
    String.raw`program\..*source(\.(offset|length))?`,
    String.raw`program\.passes\[0\]\.(repeat|tileAxis)`,
    String.raw`program\.inputs\.pictures\.fromBytes`,
    // Entries of records: each may go, though not every one of them.
    String.raw`program\.(env|files|buffers|shaders|outputs|inputs)(\.\w+|\["[^"]+"\])`,
    String.raw`program\.passes\[0\]\.bindings\["\d"\]`,
  ].join('|')})$`,
);

describe.each(Object.keys(JOBS) as Kind[])('in a %s job', (kind) => {
  const job = JOBS[kind];
  const places = placesOf(job).filter((path) => path.length > 0);

  test('each missing key is named, with what it must be', () => {
    let seen = 0;
    for (const path of places) {
      const text = pathText(path);
      if (typeof path.at(-1) === 'number' || OPTIONAL.test(text)) continue;
      const error = refusalOf(changed(job, path, undefined));
      expectHelpful(error, text);
      expect(error.message).toMatch(/: is missing; it must be .+\.$/);
      expect(error.hint).toContain(`Add "${path.at(-1)}".`);
      seen++;
    }
    expect(seen).toBeGreaterThan(20);
  });

  test.each([
    ['true', true],
    ['null', null],
    ['a list', [[]]],
    ['an object', { x: {} }],
  ])('%s in place of each value is refused there, with what was got', (_, value) => {
    for (const path of places) {
      if (value === true && path.at(-1) === 'canonicalNans') continue;
      const error = refusalOf(changed(job, path, value));
      expect(error.code).toBe('protocol/invalid');
      const told = error.data['path'] as string;
      // An object or a list may be right there, and its content wrong.
      expect(told === pathText(path) || told.startsWith(pathText(path))).toBe(true);
      expectHelpful(error, told);
      if (typeof value !== 'object' || value === null) expect(error.message).toContain(`; got ${value}`);
    }
  });

  test('an unknown key is named wherever it stands, a misspelt one with the right name', () => {
    const isRecord = /^program\.(env|files|buffers|shaders|outputs|inputs|passes\[0\]\.bindings)$/;
    for (const path of places) {
      const part = path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], job);
      if (part === null || typeof part !== 'object' || Array.isArray(part) || isRecord.test(pathText(path)))
        continue;
      const unknown = refusalOf(changed(job, [...path, 'zzzzzz'], 1));
      expectHelpful(unknown, pathText([...path, 'zzzzzz']));
      expect(unknown.message).toContain('unknown key');
      for (const [key, value] of Object.entries(part)) {
        // The key that tells variants apart decides which keys are known at all.
        if (key.length < 4 || key === 'kind' || key === 'class') continue;
        const misspelt = [...path, `${key}x`];
        const error = refusalOf(changed(changed(job, [...path, key], undefined), misspelt, value));
        expectHelpful(error, pathText(misspelt));
        expect(error.message).toContain(`unknown key; did you mean "${key}"?`);
        expect(error.hint).toContain(`Rename it to "${key}"`);
      }
    }
  });
});

const MIB = 1_048_576;

/** Kind, place, what stands there, the place that is told when it is another, and what is said. */
const MISTAKES: readonly (readonly [Kind, string, unknown, string, string?])[] = [
  // Bounds and forms.
  ['wasi', 'version', 2, 'must be 1; got 2.'],
  ['wasi', 'name', '', 'must be a text of 1 to 80 characters without control characters; got "".'],
  ['wasi', 'name', 'a\u0000', 'without control characters; got'],
  ['wasi', 'name', 'x'.repeat(81), '(83 characters).'],
  ['wasi', 'description', 'x'.repeat(1_001), 'must be a text of at most 1000 characters'],
  ['wasi', 'program.kind', 'wsai', 'must be one of "wasi", "wgsl", "onnx"; got "wsai"; did you mean "wasi"?'],
  ['wasi', 'program.module.cid', 'Qm123', 'must be a CID (CIDv1, sha2-256, raw or chunk list); got "Qm123".'],
  ['wasi', 'program.module.cid', SOME_CID.toUpperCase(), 'must be a CID'],
  ['wasi', 'program.module.bytes', -1, 'must be a whole number of at least 0; got -1.'],
  ['wasi', 'program.module.bytes', 1.5, 'must be a whole number'],
  ['wasi', 'program.module.bytes', '100', 'must be a whole number of at least 0; got "100".'],
  ['wasi', 'program.args', Array(65).fill('x'), 'must be a list of at most 64 items; got a list of 65.'],
  ['wasi', 'program.args[1]', 7, 'must be a text of at most 1000 characters; got 7.'],
  ['wasi', 'program.env["9A"]', 'x', 'this key must be a name: a letter or _'],
  ['wasi', 'program.env.constructor', 'x', 'this key must be a name'],
  [
    'wasi',
    'program.files["../secret"]',
    { cid: SOME_CID, bytes: 1 },
    'this key must be a plain relative path',
  ],
  ['wasi', 'program.outputs', [], 'must be a list of 1 to 64 items; got an empty list.'],
  ['wasi', 'program.outputs[0]', '/etc', 'must be a relative path of letters'],
  ['wasi', 'program.steps', true, 'must be a number or an expression; got true.'],
  ['wasi', 'program.epochMs', -1, 'must be a whole number'],
  ['wasi', 'program.canonicalNans', 'yes', 'must be true or false; got "yes".'],
  ['wasi', 'split.by', 'list', 'must be "range"; got "list".'],
  [
    'wasi',
    'split.name',
    '1st',
    'must be a name: a letter or _, then up to 39 letters, digits or _; got "1st".',
  ],
  ['wasi', 'split.step', 0, 'must be a whole number of at least 1; got 0.'],
  ['wasi', 'limits', [], 'must be an object; got an empty list.'],
  ['wasi', 'limits.fuel', 0.5, 'must be a whole number'],
  ['wasi', 'policy.kind', 'quorom', 'did you mean "quorum"?'],
  ['wasi', 'policy.need', 10, 'must be a whole number from 1 to 9; got 10.'],
  ['wasi', 'policy.auditRate', 2, 'must be a number from 0 to 1; got 2.'],
  ['wasi', 'comparator.class', 'exactly', 'did you mean "exact"?'],
  ['wgsl', 'comparator.rtol', 1.5, 'must be a number from 0 to 1; got 1.5.'],
  ['wgsl', 'comparator.atol', -1, 'must be a number of at least 0; got -1.'],
  ['wasi', 'deliverable.columns', [], 'must be a list of 1 to 64 items; got an empty list.'],
  ['wasi', 'deliverable.plot.style', 'bars', 'must be one of "line", "points"; got "bars".'],
  ['wgsl', 'deliverable.width', 5_000, 'must be a whole number from 2 to 4096; got 5000.'],
  ['wgsl', 'program.buffers.pixels.usage', 'Storage', 'did you mean "storage"?'],
  ['wgsl', 'program.buffers.pixels.bytes', true, 'must be a number or an expression; got true.'],
  ['wgsl', 'program.buffers.pixels.bytes', '', 'must be a number or an expression; got "".'],
  ['wgsl', 'program.uniforms[0].type', 'f64', 'must be one of "u32", "i32", "f32"; got "f64"'],
  ['wgsl', 'program.passes', [], 'must be a list of 1 to 32 items; got an empty list.'],
  ['wgsl', 'program.passes[0].workgroups', [1, 1], 'must be a list of 3 items; got a list of 2.'],
  ['wgsl', 'program.passes[0].bindings.a', 'pixels', 'this key must be a @binding number from "0" to "99".'],
  ['wgsl', 'program.passes[0].tileAxis', 'w', 'must be one of "x", "y", "z"; got "w"'],
  ['wgsl', 'program.outputs', {}, 'must be an object of 1 to 64 entries; got an empty object.'],
  ['wgsl', 'program.outputs["frame.rgba"].element', 'f64', 'must be one of "u8", "u32", "i32", "f16", "f32"'],
  ['onnx', 'program.backend', 'cuda', 'must be one of "wasm", "webgpu"; got "cuda".'],
  ['onnx', 'program.batchRows', 0, 'must be a whole number of at least 1; got 0.'],
  ['onnx', 'program.inputs', {}, 'must be an object of 1 to 16 entries; got an empty object.'],
  ['onnx', 'program.inputs.pictures.type', 'f16', 'must be one of "f32", "u8", "i32", "i64"; got "f16"'],
  ['onnx', 'program.inputs.pictures.shape', 'x', 'must be a list of at most 8 items; got "x".'],
  ['onnx', 'program.inputs.pictures.fromBytes.scale', '1', 'must be a number; got "1".'],
  ['onnx', 'comparator.args', 'verify', 'must be a list of at most 16 items; got "verify".'],
  ['onnx', 'comparator.module', 'verify.wasm', 'must be an object with "cid", "bytes"; got "verify.wasm".'],
  // Sense.
  ['onnx', 'comparator.args[1]', '{frist}', '"{frist}" is no parameter of this job\'s tasks.'],
  ['onnx', 'comparator.module', { cid: `${SOME_CID}x`.slice(0, -1), bytes: 601 }, 'has two sizes', 'program'],
  ['wasi', 'policy.sameNumericClass', true, 'only GPUs have numeric classes'],
  ['wasi', 'split.to', 0, 'makes no task', 'split'],
  ['wasi', 'split.to', 9_000_000, 'makes 2250000 tasks; 1000000 are allowed.', 'split'],
  ['wasi', 'split.name', 'index', '"index" is taken'],
  ['wasi', 'split.name', 'turn', '"turn" is taken'],
  ['wasi', 'program.args[1]', '{frist}', '"{frist}" is no parameter of this job\'s tasks.'],
  ['wasi', 'program.env.TASK', '{no}', '"{no}" is no parameter'],
  ['wasi', 'program.steps', 'first -', 'The expression "first -" ends too early.'],
  ['wasi', 'program.steps', 0, 'is 0 in task 1.'],
  ['wasi', 'program.outputs', ['stdout', 'stdout'], '"stdout" stands there twice.'],
  ['wasi', 'program.stdin.bytes', 99, 'one input has two sizes, 100 and 99 bytes.', 'program'],
  ['wasi', 'program.module', { cid: SOME_CID, bytes: 4_097 * MIB }, '4 GiB are allowed', 'program'],
  ['wasi', 'policy.limit', 1, 'needs 2 equal results of at most 1 replicas.', 'policy'],
  ['wasi', 'deliverable.path', 'stdot', 'there is no output "stdot".'],
  ['wasi', 'deliverable.columns', ['x', 'x'], '"x" stands there twice.'],
  ['wasi', 'deliverable.plot.y', 'yy', 'the table has no column "yy".'],
  ['wgsl', 'program.buffers.pixels.bytes', '32 * (frame', 'The expression "32 * (frame" misses a ")".'],
  ['wgsl', 'program.buffers.pixels.bytes', 'sqrt(9)', 'calls an unknown function "sqrt"'],
  ['wgsl', 'program.buffers.pixels.bytes', '32 * fame', '"fame" is not a parameter of this task.'],
  ['wgsl', 'program.buffers.pixels.bytes', '32 / frame', 'divides by zero'],
  ['wgsl', 'program.buffers.pixels.bytes', 'frame', 'is 0 in task 1.'],
  ['wgsl', 'program.buffers.pixels.bytes', '2 ^ 5', 'has an unexpected "^"'],
  ['wgsl', 'program.buffers.pixels.bytes', '1e308 * 10', 'is not a finite number'],
  ['wgsl', 'program.buffers.pixels.bytes', 'min(1)', 'misses a ","'],
  ['wgsl', 'program.buffers.pixels.bytes', '('.repeat(60), 'is nested too deeply'],
  ['wgsl', 'program.buffers.pixels.bytes', '1'.repeat(201), 'must be a number or an expression'],
  [
    'wgsl',
    'program.buffers.motion.source.offset',
    'frame * 51',
    "lie beyond the input's 100",
    'program.buffers.motion.source',
  ],
  [
    'wgsl',
    'program.buffers.motion.bytes',
    49,
    'its 50 bytes do not fit the buffer of 49',
    'program.buffers.motion.source',
  ],
  ['wgsl', 'program.uniformBuffer', 'setings', 'there is no buffer "setings".'],
  ['wgsl', 'program.uniformBuffer', 'pixels', '(storage, 32 bytes) cannot hold 2 uniforms'],
  ['wgsl', 'program.uniforms[1].value', 'tyle', '"tyle" is not a parameter of this task.'],
  ['wgsl', 'program.passes[0].shader', 'mian', 'there is no shader "mian".'],
  ['wgsl', 'program.passes[0].bindings["2"]', 'pixel', 'there is no buffer "pixel".'],
  ['wgsl', 'program.passes[0].workgroups[0]', 65_536, 'is 65536 in task 1.'],
  ['wgsl', 'program.passes[0].repeat', '0 - 1', 'is -1 in task 1.'],
  [
    'wgsl',
    'program.outputs["frame.rgba"].buffer',
    'settings',
    'has the usage "uniform", so no pass can write it.',
  ],
  ['wgsl', 'deliverable.width', 6, 'a frame of 6 × 2 has 48 bytes, but the output holds 32.', 'deliverable'],
  ['onnx', 'program.inputs["pictures"].shape[0]', 'first', 'is 0 in task 1.'],
  ['onnx', 'program.inputs["pictures"].shape[3]', '2.5', 'is 2.5 in task 1.'],
  ['onnx', 'program.inputs["pictures"].shape[3]', 'wide', '"wide" is not a parameter of this task.'],
  ['onnx', 'program.inputs["pictures"].source.offset', 'first * -1', 'is -3 in task 2.'],
  [
    'onnx',
    'program.inputs["pictures"].source.length',
    100,
    '100 bytes do not fill f32[3,1,10,10]',
    'program.inputs["pictures"].source',
  ],
  [
    'onnx',
    'program.inputs["pictures"].source.offset',
    'first * 200',
    "lie beyond the input's 600",
    'program.inputs["pictures"].source',
  ],
  [
    'onnx',
    'program.inputs["pictures"].type',
    'u8',
    'the tensor is u8',
    'program.inputs["pictures"].fromBytes',
  ],
  [
    'onnx',
    'deliverable',
    { kind: 'table', path: 'score', columns: ['x'] },
    'there is no output "score".',
    'deliverable.path',
  ],
  ['onnx', 'deliverable.width', 0, 'must be a whole number from 1 to 512; got 0.'],
  ['onnx', 'deliverable.labels', ['one'], 'must be a list of 2 to 1000 items; got a list of 1.'],
  ['onnx', 'deliverable.columns', 'two', 'must be a whole number from 1 to 100; got "two".'],
  ['onnx', 'deliverable.labels', ['one', 'one'], '"one" stands there twice.'],
  [
    'onnx',
    'deliverable.width',
    7,
    '600 bytes are not 1 to 4096 pictures of 7 × 10 pixels',
    'deliverable.images',
  ],
  ['onnx', 'program.outputs.scores.type', 'i64', 'the output "scores" is i64, not f32', 'deliverable.path'],
];
const TOLD_ELSEWHERE = new Map(MISTAKES.filter((one) => one.length === 5).map((one) => [one, one[4]!]));

test.each(
  MISTAKES.map(
    (mistake) => [mistake[0], mistake[1], JSON.stringify(mistake[2]).slice(0, 40), mistake] as const,
  ),
)('a %s job whose %s is %s says so', (kind, place, _, mistake) => {
  const error = refusalOf(changed(JOBS[kind], pathOf(place), mistake[2]));
  expectHelpful(error, TOLD_ELSEWHERE.get(mistake) ?? place);
  expect(error.message).toContain(mistake[3]);
});

test.each([
  ['wasi', 'program.args[1]', '{frist}', 'Did you mean "first"?'],
  ['wasi', 'deliverable.path', 'stdot', 'Did you mean "stdout"?'],
  ['wgsl', 'program.passes[0].shader', 'mian', 'Did you mean "main"?'],
  ['wgsl', 'program.passes[0].bindings["2"]', 'pixel', 'Did you mean "pixels"?'],
] as const)('a misspelt name in a %s job, %s = %s: %s', (kind, place, value, hint) => {
  expect(refusalOf(changed(JOBS[kind], pathOf(place), value)).hint).toContain(hint);
});

test('what is no object at all is no manifest', () => {
  for (const raw of [null, 3, 'x', [], new Uint8Array(3)]) {
    const error = refusalOf(raw);
    expect(error.message).toMatch(
      /^(the manifest: must be an object with "version".*; got|version: is missing)/,
    );
  }
});
