import { describe, expect, test } from 'vitest';
import { MAX_INPUT_BLOBS, MAX_NAME_CHARS, MAX_OUTPUT_FILES } from './constants.ts';
import { manifestSchema } from './manifest.ts';
import { guestPathSchema } from './manifest-parts.ts';
import { type Bound, brokenBounds, changed, countBounds, SOME_CID, verdictOn } from './messages.fixture.ts';

const input = { cid: SOME_CID, bytes: 1 };
const many = <T>(count: number, one: T): T[] => new Array<T>(count).fill(one);
const names = <T>(count: number, one: T) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, one]));

const wasi = {
  version: 1,
  name: 'job',
  description: 'what it does',
  program: {
    kind: 'wasi',
    module: input,
    args: ['a'],
    env: { A: 'b' },
    stdin: input,
    files: { in: input },
    outputs: ['out'],
  },
  split: { by: 'range', name: 'n', from: 0, to: 10, step: 1 },
  limits: { memoryBytes: 1, wallMs: 1, outputBytes: 1, gpuMemoryBytes: 1 },
  comparator: { class: 'exact' },
  policy: { kind: 'trust', auditRate: 0 },
  deliverable: { kind: 'files' },
};
const pass = { shader: 'main', entry: 'main', workgroups: [1, 'n', '2 * n'], bindings: { '0': 'b' } };
const buffer = { usage: 'storage', bytes: 8 };
const wgsl = {
  ...wasi,
  program: {
    kind: 'wgsl',
    shaders: { main: input },
    buffers: { b: { ...buffer, source: { input, offset: 0, length: 'n' } } },
    uniformBuffer: 'b',
    uniforms: [{ type: 'u32', value: 'n' }],
    passes: [{ ...pass, repeat: 2, tileAxis: 'x' }],
    outputs: { out: { buffer: 'b', element: 'f32' } },
  },
};

describe('a path inside the guest', () => {
  test.each([
    'a',
    'stdout',
    'a/b.c',
    'frame-0001_final.v2.png',
    '1/2/3/4/5/6/7/8',
    'x'.repeat(120),
    'a/constructor',
  ])('%s is plain', (path) => {
    expect(verdictOn(guestPathSchema, path)).toBe('accepted');
  });
  test.each([
    ['', 'empty'],
    ['/a', 'absolute'],
    ['..', 'a level up'],
    ['../a', 'a level up'],
    ['a/../b', 'a level up in the middle'],
    ['a/..', 'a level up at the end'],
    ['.', 'the folder itself'],
    ['a/./b', 'the folder itself'],
    ['.hidden', 'hidden'],
    ['a/.hidden', 'hidden'],
    ['a//b', 'an empty part'],
    ['a/', 'a folder'],
    ['a\\b', 'a backslash'],
    ['C:a', 'a drive'],
    ['a b', 'a blank'],
    ['a\u0000b', 'a zero'],
    ['a\n', 'a line end'],
    ['ä', 'a letter that has two spellings'],
    ['1/2/3/4/5/6/7/8/9', 'nine levels'],
    ['x'.repeat(121), '121 characters'],
    ['__proto__', 'a key that objects have'],
    ['constructor', 'a key that objects have'],
    ['prototype', 'a key that validation drops'],
    ['toString', 'a key that objects have'],
    ['hasOwnProperty', 'a key that objects have'],
  ])('%j is refused: %s', (path) => {
    expect(verdictOn(guestPathSchema, path)).toMatch(/^protocol\/invalid/);
  });
});

const identifiers = (path: string): Bound[] => [
  [path, 'x'.repeat(40), 'x'.repeat(41)],
  [path, '_a9', '9a'],
  [path, 'A', ''],
  [path, 'A', 'a-b'],
  [path, 'A', 'constructor'],
  [path, 'A', '__proto__'],
];
const expressions = (path: string): Bound[] => [
  [path, 'n'.repeat(200), 'n'.repeat(201)],
  [path, -1.5, ''],
  [path, 0, null],
];

describe('the limits of', () => {
  test('what every job says', () => {
    const table = { kind: 'table', path: 'out', columns: ['x'], plot: { x: 'x', y: 'x', style: 'line' } };
    const video = { kind: 'video', path: 'out', width: 2, height: 4096, framesPerSecond: 24 };
    expect(
      brokenBounds(manifestSchema, wasi, [
        ['version', 1, 2],
        ['name', 'x'.repeat(MAX_NAME_CHARS), 'x'.repeat(MAX_NAME_CHARS + 1)],
        ['description', 'x'.repeat(1_000), 'x'.repeat(1_001)],
        ['split.by', 'range', 'list'],
        ...identifiers('split.name'),
        ['split.from', -Number.MAX_SAFE_INTEGER, 0.5],
        ['split.to', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1],
        ['split.step', 1, 0],
        ...['memoryBytes', 'wallMs', 'outputBytes', 'gpuMemoryBytes'].flatMap((name) =>
          countBounds(`limits.${name}`),
        ),
        ['limits', {}, { cores: 4 }],
        ['program', wgsl.program, { ...wasi.program, kind: 'native' }],
        ['deliverable', video, { ...video, width: 1 }],
        ['deliverable', { ...video, width: 4096 }, { ...video, width: 4097 }],
        ['deliverable', { ...video, height: 2 }, { ...video, height: 2.5 }],
        ['deliverable', { ...video, framesPerSecond: 120 }, { ...video, framesPerSecond: 121 }],
        ['deliverable', { ...video, framesPerSecond: 1 }, { ...video, framesPerSecond: 0 }],
        ['deliverable', video, { ...video, path: '../out' }],
        ['deliverable', table, { ...table, columns: [] }],
        ['deliverable', { ...table, columns: many(64, 'x') }, { ...table, columns: many(65, 'x') }],
        ['deliverable', { ...table, columns: ['x'.repeat(80)] }, { ...table, columns: ['x'.repeat(81)] }],
        ['deliverable', { ...table, columns: ['x'] }, { ...table, columns: [''] }],
        ['deliverable', { kind: 'files' }, { kind: 'files', path: 'out' }],
      ]),
    ).toEqual([]);
  });
  test('a WASI program', () => {
    expect(
      brokenBounds(manifestSchema, wasi, [
        ['program.module', input, { ...input, name: 'x' }],
        ...countBounds('program.module.bytes'),
        ['program.module.cid', SOME_CID, 'x'],
        ['program.args', many(64, 'x'.repeat(1_000)), many(65, 'x')],
        ['program.args', [], ['x'.repeat(1_001)]],
        ['program.env', names(64, 'x'.repeat(1_000)), names(65, 'x')],
        ['program.env', {}, { A: 'x'.repeat(1_001) }],
        ['program.env', {}, { 'A=B': 'x' }],
        ['program.files', names(MAX_INPUT_BLOBS, input), names(MAX_INPUT_BLOBS + 1, input)],
        ['program.files', { 'a/b': input }, { '../b': input }],
        ['program.outputs', many(MAX_OUTPUT_FILES, 'a'), many(MAX_OUTPUT_FILES + 1, 'a')],
        ['program.outputs', ['a'], []],
        ['program.outputs', ['a'], ['/a']],
        ['program.outputs', ['a'], ['__proto__']],
        ['program.outputs', ['a/*.b', '*', 'x*/y'], ['*/../a']],
      ]),
    ).toEqual([]);
  });
  test('a WGSL program', () => {
    const output = { buffer: 'b', element: 'u8' };
    const uniform = { type: 'f32', value: 1 };
    expect(
      brokenBounds(manifestSchema, wgsl, [
        ['program.shaders', names(8, input), names(9, input)],
        ['program.shaders', { m: input }, {}],
        ['program.buffers', names(32, buffer), names(33, buffer)],
        ['program.buffers', { b: buffer }, {}],
        ['program.buffers.b.usage', 'uniform', 'vertex'],
        ...expressions('program.buffers.b.bytes'),
        ...expressions('program.buffers.b.source.offset'),
        ...expressions('program.buffers.b.source.length'),
        ...identifiers('program.uniformBuffer'),
        ['program.uniforms', many(64, uniform), many(65, uniform)],
        ['program.uniforms', [], [{ type: 'f64', value: 1 }]],
        ['program.passes', many(32, pass), many(33, pass)],
        ['program.passes', [pass], []],
        ...identifiers('program.passes.0.shader'),
        ...identifiers('program.passes.0.entry'),
        ['program.passes.0.workgroups', [1, 1, 1], [1, 1]],
        ['program.passes.0.bindings', { '0': 'b', '99': 'b' }, { '100': 'b' }],
        ['program.passes.0.bindings', {}, { x: 'b' }],
        [
          'program.passes.0.bindings',
          Object.fromEntries(many(16, 0).map((_, i) => [`${i}`, 'b'])),
          Object.fromEntries(many(17, 0).map((_, i) => [`${i}`, 'b'])),
        ],
        ...expressions('program.passes.0.repeat'),
        ['program.passes.0.tileAxis', 'z', 'w'],
        ['program.outputs', names(MAX_OUTPUT_FILES, output), names(MAX_OUTPUT_FILES + 1, output)],
        ['program.outputs', { a: output }, {}],
        ['program.outputs', { a: output }, { '../a': output }],
        ['program.outputs.out.element', 'f16', 'f64'],
      ]),
    ).toEqual([]);
  });
  test.each([
    ['WASI', wasi, ['description', 'program.stdin']],
    ['WGSL', wgsl, ['description', 'program.uniformBuffer']],
  ] as const)('a %s job: what must be there, what may be, what must not', (_, job, optional) => {
    const paths = [...Object.keys(job), ...Object.keys(job.program).map((name) => `program.${name}`)];
    for (const path of paths) {
      const expected = (optional as readonly string[]).includes(path)
        ? 'accepted'
        : `protocol/invalid at ${path}`;
      expect(verdictOn(manifestSchema, changed(job, path, undefined))).toBe(expected);
    }
    for (const path of ['extra', 'program.extra', 'split.extra'])
      expect(verdictOn(manifestSchema, changed(job, path, 1))).toBe(`protocol/invalid at ${path}`);
  });
});
