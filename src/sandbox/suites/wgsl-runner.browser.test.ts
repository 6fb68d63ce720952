import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WgslProgram } from '../../protocol/manifest.ts';
import { manifestOf, TestBlobs } from '../fixtures/manifests.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

/* How tasks are cut, batched, tried out and read back must never show in their results. */

const blobs = new TestBlobs();
let sandbox: Sandbox;
const never = new AbortController().signal;

beforeAll(() => {
  sandbox = createSandbox({ cpuSlots: 0, gpuSlots: 1, pageUrl: '/sandbox.html' });
});
afterAll(() => sandbox[Symbol.asyncDispose]());

const UNIFORMS: Pick<WgslProgram, 'uniformBuffer' | 'uniforms'> = {
  uniformBuffer: 'u',
  uniforms: ['n', 'turn', 'tile'].map((value) => ({ type: 'u32', value })),
};
const HEAD = `struct U { n: u32, turn: u32, tile: u32 }
@group(0) @binding(0) var<uniform> u: U;
@group(0) @binding(1) var<storage, read_write> cells: array<u32>;
`;

async function programOf(
  shader: string,
  passes: Partial<WgslProgram['passes'][number]>[],
  cells: WgslProgram['buffers'][string],
): Promise<WgslProgram> {
  return {
    kind: 'wgsl',
    shaders: { s: await blobs.put(HEAD + shader) },
    buffers: { u: { usage: 'uniform', bytes: 16 }, cells },
    ...UNIFORMS,
    passes: passes.map((pass) => ({
      shader: 's',
      entry: 'main',
      workgroups: [1, 1, 1],
      bindings: { 0: 'u', 1: 'cells' },
      ...pass,
    })),
    outputs: { cells: { buffer: 'cells', element: 'u32' } },
  };
}

/** The words of the output after each of these tasks of one job. */
async function wordsOf(program: WgslProgram, tasks = [0, 1]): Promise<Uint32Array[]> {
  const job = await sandbox.openJob('job', manifestOf(program), blobs.read);
  const words = [];
  for (const n of tasks) {
    const { exit, outputs } = await job.run(n, { signal: never });
    expect(exit).toEqual({ kind: 'ok' });
    words.push(new Uint32Array(outputs[0]!.bytes.buffer));
  }
  await job.close();
  return words;
}

test('more turns than one submission holds each see their own uniforms', async () => {
  const program = await programOf(
    '@compute @workgroup_size(1) fn main() { cells[u.turn] = cells[(u.turn + 999u) % 1000u] + u.turn + u.n; }',
    [{ repeat: 1_000 }],
    { usage: 'storage', bytes: 4_000 },
  );
  for (const [n, words] of (await wordsOf(program)).entries()) {
    let sum = 0;
    for (let turn = 0; turn < 1_000; turn++) expect(words[turn]).toBe((sum += turn + n));
  }
});

test('a pass that was tried out, and those before it, begin anew', async () => {
  const program = await programOf(
    `@compute @workgroup_size(1) fn first() { cells[0] += 1u; }
     @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { cells[1u + id.x + id.y * 6400u] += 1u; }`,
    [{ entry: 'first', repeat: 3 }, { workgroups: [100, 40, 1] }, { entry: 'first' }],
    { usage: 'storage', bytes: 4 * (1 + 6_400 * 40) },
  );
  for (const [first, ...rest] of await wordsOf(program)) {
    expect(first).toBe(4);
    expect(rest.every((word) => word === 1)).toBe(true);
  }
});

test('each workgroup of a cut grid runs once, whatever the axis and the rest of the grid', async () => {
  for (const tileAxis of ['x', 'y', 'z'] as const) {
    const program = await programOf(
      `@compute @workgroup_size(1) fn main(@builtin(workgroup_id) part: vec3u) {
         var group = part; group.${tileAxis} += u.tile;
         var i = 0u; for (var k = 0u; k < 300u; k++) { i += k; }
         cells[group.x + 30u * (group.y + 20u * group.z)] += i; }`,
      [{ workgroups: [30, 20, 10], tileAxis, repeat: 2 }],
      { usage: 'storage', bytes: 30 * 20 * 10 * 4 },
    );
    for (const words of await wordsOf(program)) expect(words.every((word) => word === 2 * 44_850)).toBe(true);
  }
});

test('sources and outputs of any length keep their bytes; what is behind them is zero', async () => {
  const source = new Uint8Array([1, 2, 3, 4, 5, 6, 7]);
  const input = await blobs.put(source);
  const program = await programOf(
    '@compute @workgroup_size(1) fn main() { cells[0] += 1u; cells[2] += 9u; }',
    [{}],
    { usage: 'storage', bytes: 13, source: { input } },
  );
  program.buffers['odd'] = { usage: 'storage', bytes: 5, source: { input, length: 5 } };
  program.outputs['a'] = { buffer: 'odd', element: 'u8' };
  program.outputs['b'] = { buffer: 'odd', element: 'u8' };
  const job = await sandbox.openJob('job', manifestOf(program), blobs.read);
  for (const n of [0, 1]) {
    const { outputs } = await job.run(n, { signal: never });
    expect(outputs.map(({ path, bytes }) => [path, [...bytes]])).toEqual([
      ['a', [1, 2, 3, 4, 5]],
      ['b', [1, 2, 3, 4, 5]],
      ['cells', [2, 2, 3, 4, 5, 6, 7, 0, 9, 0, 0, 0, 0]],
    ]);
  }
  await job.close();
});

test('outputs of many megabytes come back whole', async () => {
  const program = await programOf(
    '@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { cells[id.x] = id.x ^ u.n; }',
    [{ workgroups: [40_960, 1, 1] }],
    { usage: 'storage', bytes: 40_960 * 64 * 4 },
  );
  for (const [n, words] of (await wordsOf(program)).entries())
    expect(words.every((word, i) => word === (i ^ n))).toBe(true);
});

test('a compiler error after a guarded loop points at the column the author sees', async () => {
  const line =
    '@compute @workgroup_size(1) fn main() { for (var i = 0; i < 3; i++) { cells[i] = 1u; } cells[0] = nonsense; }';
  const program = await programOf(line, [{}], { usage: 'storage', bytes: 64 });
  const job = await sandbox.openJob('job', manifestOf(program), blobs.read);
  const { exit } = await job.run(0, { signal: never });
  expect(exit).toMatchObject({ kind: 'refused' });
  expect('message' in exit && exit.message).toMatch(
    new RegExp(`^s:4:${line.indexOf('nonsense') + 1}: .*nonsense`),
  );
  await job.close();
});

test('the outcome names the numeric class that the sandbox tells', async () => {
  const program = await programOf('@compute @workgroup_size(1) fn main() { cells[0] = 1u; }', [{}], {
    usage: 'storage',
    bytes: 4,
  });
  const job = await sandbox.openJob('job', manifestOf(program), blobs.read);
  const { numericClass } = await job.run(0, { signal: never });
  expect(numericClass).toMatch(/^[0-9a-f]{64}$/);
  expect(await sandbox.numericClass(never)).toBe(numericClass);
  await job.close();
});

test('a share of the GPU is kept by a task that runs, and changes nothing in its result', async () => {
  const program = await programOf(
    `@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
       let i = id.x + u.tile * 64u; for (var k = 0u; k < 100u; k++) { cells[i] += k; } }`,
    [{ workgroups: [2_048, 1, 1], tileAxis: 'x' }],
    { usage: 'storage', bytes: 2_048 * 64 * 4 },
  );
  const [whole] = await wordsOf(program, [0]);
  sandbox.setGpuDuty(0.5);
  const [shared] = await wordsOf(program, [0]);
  sandbox.setGpuDuty(1);
  expect(shared).toEqual(whole);
  expect(whole!.every((word) => word === 4_950)).toBe(true);
});
