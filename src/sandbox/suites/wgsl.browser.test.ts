import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Limits, WgslProgram } from '../../protocol/manifest.ts';
import { resultDigest, resultOf } from '../../protocol/task.ts';
import { manifestOf, TestBlobs } from '../fixtures/manifests.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

const blobs = new TestBlobs();
let sandbox: Sandbox;
const never = new AbortController().signal;

const SCALE = `
struct Uniforms { n: u32, turn: u32, tile: u32, factor: f32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@compute @workgroup_size(4)
fn scale(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let i = (group.x + u.tile) * 4u + local.x;
  sums[i] += input[i % arrayLength(&input)] * u.factor + f32(u.n) + f32(u.turn);
}
`;
const SQUARE = `
@group(0) @binding(0) var<storage, read> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> squares: array<u32>;
@compute @workgroup_size(1)
fn square(@builtin(global_invocation_id) id: vec3u) { squares[id.x] = u32(sums[id.x] * sums[id.x]); }
`;

beforeAll(() => {
  sandbox = createSandbox({ cpuSlots: 0, gpuSlots: 1, pageUrl: '/sandbox.html' });
});
afterAll(() => sandbox[Symbol.asyncDispose]());

async function twoPasses(change: Partial<WgslProgram> = {}, scale = SCALE): Promise<WgslProgram> {
  const input = await blobs.put(new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer));
  const table = await blobs.put(new Uint8Array(4_000).map((_, i) => (i % 4 === 0 ? i / 4 : 0)));
  return {
    kind: 'wgsl',
    shaders: { scale: await blobs.put(scale), square: await blobs.put(SQUARE) },
    buffers: {
      u: { usage: 'uniform', bytes: 16 },
      input: { usage: 'read-only-storage', bytes: 16, source: { input } },
      sums: { usage: 'storage', bytes: '8 * 4' },
      squares: { usage: 'storage', bytes: 32 },
      part: { usage: 'read-only-storage', bytes: 8, source: { input: table, offset: 'n * 4', length: 8 } },
    },
    uniformBuffer: 'u',
    uniforms: [
      { type: 'u32', value: 'n' },
      { type: 'u32', value: 'turn' },
      { type: 'u32', value: 'tile' },
      { type: 'f32', value: 0.5 },
    ],
    passes: [
      {
        shader: 'scale',
        entry: 'scale',
        workgroups: [2, 1, 1],
        bindings: { 0: 'u', 1: 'input', 2: 'sums' },
        repeat: 3,
        tileAxis: 'x',
      },
      {
        shader: 'square',
        entry: 'square',
        workgroups: ['ceil(8 / 1)', 1, 1],
        bindings: { 0: 'sums', 1: 'squares' },
      },
    ],
    outputs: {
      'sums.bin': { buffer: 'sums', element: 'f32' },
      'squares.bin': { buffer: 'squares', element: 'u32' },
      part: { buffer: 'part', element: 'u8' },
    },
    ...change,
  };
}

async function run(program: WgslProgram, task = 0, limits: Limits = {}) {
  const job = await sandbox.openJob('job', manifestOf(program, limits), blobs.read);
  try {
    return await job.run(task, { signal: never });
  } finally {
    await job.close();
  }
}

/** What the two passes compute: three turns of input × 0.5 + n + turn. */
const expected = (n: number) => [1, 2, 3, 4, 1, 2, 3, 4].map((x) => 3 * (x * 0.5 + n) + 3);

describe('a WGSL pipeline', () => {
  test('runs passes, turns and tiles over buffers that start each task anew', async () => {
    const job = await sandbox.openJob('job', manifestOf(await twoPasses()), blobs.read);
    for (const n of [2, 7, 2]) {
      const { exit, outputs } = await job.run(n, { signal: never });
      expect(exit).toEqual({ kind: 'ok' });
      expect(outputs.map(({ path }) => path)).toEqual(['part', 'squares.bin', 'sums.bin']);
      expect([...new Float32Array(outputs[2]!.bytes.buffer)]).toEqual(expected(n));
      expect([...new Uint32Array(outputs[1]!.bytes.buffer)]).toEqual(
        expected(n).map((x) => Math.floor(x * x)),
      );
      expect([...outputs[0]!.bytes]).toEqual([n, 0, 0, 0, n + 1, 0, 0, 0]);
    }
    await job.close();
  });

  test('gives the same digest twice', async () => {
    const digests = [];
    for (let i = 0; i < 2; i++)
      digests.push(await resultDigest(await resultOf(await run(await twoPasses(), 5))));
    expect(digests[0]).toEqual(digests[1]);
  });

  test('a large grid is cut into tiles, reports progress, and covers every element once', async () => {
    const heavy = `
      struct Uniforms { tile: u32 }
      @group(0) @binding(0) var<uniform> u: Uniforms;
      @group(0) @binding(1) var<storage, read_write> cells: array<u32>;
      @compute @workgroup_size(64)
      fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
        let i = (group.x + u.tile) * 64u + local.x;
        var x = i;
        for (var turn = 0u; turn < 3000u; turn++) { x = x * 1664525u + 1013904223u; }
        cells[i] += 1u + (x & 0u);
      }`;
    const program: WgslProgram = {
      kind: 'wgsl',
      shaders: { heavy: await blobs.put(heavy) },
      buffers: { u: { usage: 'uniform', bytes: 4 }, cells: { usage: 'storage', bytes: '2048 * 64 * 4' } },
      uniformBuffer: 'u',
      uniforms: [{ type: 'u32', value: 'tile' }],
      passes: [
        {
          shader: 'heavy',
          entry: 'main',
          workgroups: [2048, 1, 1],
          bindings: { 0: 'u', 1: 'cells' },
          tileAxis: 'x',
        },
      ],
      outputs: { cells: { buffer: 'cells', element: 'u32' } },
    };
    const job = await sandbox.openJob('job', manifestOf(program), blobs.read);
    const progress: number[] = [];
    const { exit, outputs } = await job.run(0, { signal: never, onProgress: (done) => progress.push(done) });
    expect(exit).toEqual({ kind: 'ok' });
    expect(new Uint32Array(outputs[0]!.bytes.buffer).every((count) => count === 1)).toBe(true);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    await job.close();
  });
});

describe('what cannot run is refused by name, and the next task runs', () => {
  test('a shader that does not compile names its line and column', async () => {
    const broken = SCALE.replace('let i =', 'let i = nonsense +');
    const { exit } = await run(await twoPasses({}, broken));
    expect(exit).toMatchObject({ kind: 'refused' });
    expect('message' in exit && exit.message).toMatch(/^scale:8:11: .*nonsense/);
    expect((await run(await twoPasses())).exit).toEqual({ kind: 'ok' });
  });

  test.each<[string, (program: WgslProgram) => WgslProgram, RegExp]>([
    ['an unknown entry', (p) => ({ ...p, passes: [{ ...p.passes[0]!, entry: 'nobody' }] }), /nobody/],
    [
      'an unknown buffer',
      (p) => ({ ...p, passes: [{ ...p.passes[0]!, bindings: { 0: 'nobody' } }] }),
      /nobody/,
    ],
    [
      'a missing binding',
      (p) => ({ ...p, passes: [{ ...p.passes[0]!, bindings: { 0: 'u', 2: 'sums' } }] }),
      /binding/i,
    ],
    [
      'writing a read-only buffer',
      (p) => ({ ...p, passes: [{ ...p.passes[0]!, bindings: { 0: 'u', 1: 'input', 2: 'input' } }] }),
      /./,
    ],
    ['an unknown parameter', (p) => ({ ...p, uniforms: [{ type: 'u32', value: 'nobody' }] }), /nobody/],
    [
      'a source that does not fit',
      (p) => ({ ...p, buffers: { ...p.buffers, input: { ...p.buffers['input']!, bytes: 8 } } }),
      /longer/,
    ],
    [
      'a slice beyond its input',
      (p) => ({
        ...p,
        buffers: {
          ...p.buffers,
          part: { ...p.buffers['part']!, source: { ...p.buffers['part']!.source!, offset: 3_999 } },
        },
      }),
      /3999/,
    ],
    [
      'a broken size',
      (p) => ({ ...p, buffers: { ...p.buffers, sums: { usage: 'storage', bytes: '1 / 3' } } }),
      /sums/,
    ],
    [
      'too large a grid',
      (p) => ({ ...p, passes: [{ ...p.passes[0]!, workgroups: [1e9, 1, 1] }] }),
      /1000000000/,
    ],
  ])('%s', async (_, change, message) => {
    const { exit } = await run(change(await twoPasses()));
    expect(exit).toMatchObject({ kind: 'refused', message: expect.stringMatching(message) as string });
    expect((await run(await twoPasses())).exit).toEqual({ kind: 'ok' });
  });

  test('more GPU memory or output than allowed', async () => {
    expect((await run(await twoPasses(), 0, { gpuMemoryBytes: 64 })).exit).toMatchObject({ kind: 'refused' });
    expect((await run(await twoPasses(), 0, { outputBytes: 10 })).exit).toMatchObject({
      kind: 'output-limit',
    });
  });
});
