import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Limits, WgslProgram } from '../protocol/manifest.ts';
import { manifestOf, TestBlobs } from './fixtures/manifests.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';

/*
 * What hostile shaders try. Each ends by name, and the next task runs on the same page. Without a GPU, where the
 * browser ends nothing by itself, this is all there is between a shader and the device.
 */

const blobs = new TestBlobs();
let sandbox: Sandbox;
const never = new AbortController().signal;

beforeAll(() => {
  sandbox = createSandbox({ cpuSlots: 0, gpuSlots: 1, pageUrl: '/sandbox.html' });
});
afterAll(() => sandbox[Symbol.asyncDispose]());

type Pass = WgslProgram['passes'][number];

/** One pass of one shader over `cells` (writable), `fixed` (read-only, zeros) and the uniform `tile`. */
async function oneShader(
  source: string,
  pass: Partial<Pass> = {},
  cellBytes: number | string = 65_536,
): Promise<WgslProgram> {
  return {
    kind: 'wgsl',
    shaders: { bomb: await blobs.put(source) },
    buffers: {
      cells: { usage: 'storage', bytes: cellBytes },
      fixed: { usage: 'read-only-storage', bytes: 64 },
      u: { usage: 'uniform', bytes: 16 },
    },
    uniformBuffer: 'u',
    uniforms: [{ type: 'u32', value: 'tile' }],
    passes: [{ shader: 'bomb', entry: 'main', workgroups: [1, 1, 1], bindings: { 0: 'cells' }, ...pass }],
    outputs: { cells: { buffer: 'cells', element: 'u32' } },
  };
}

async function run(program: WgslProgram, limits: Limits = {}) {
  const job = await sandbox.openJob('job', manifestOf(program, limits), blobs.read);
  try {
    return await job.run(0, { signal: never });
  } finally {
    await job.close();
  }
}

const CELLS = '@group(0) @binding(0) var<storage, read_write> cells: array<u32>;';
const HARMLESS = `${CELLS} @compute @workgroup_size(1) fn main() { cells[0] = 7u; }`;
const ENDLESS = `${CELLS} @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  loop { cells[id.x % 16384u] += 1u; } }`;

/** Ends as named, and a harmless task runs after it. */
async function expectExit(
  program: WgslProgram,
  kind: string,
  message: RegExp,
  limits: Limits = {},
): Promise<void> {
  const { exit } = await run(program, limits);
  expect(exit).toMatchObject({ kind, message: expect.stringMatching(message) as string });
  const after = await run(await oneShader(HARMLESS));
  expect(after.exit).toEqual({ kind: 'ok' });
  expect(after.outputs[0]!.bytes[0]).toBe(7);
}

describe('loops', () => {
  test('one endless loop', async () => {
    await expectExit(await oneShader(ENDLESS), 'fuel', /1048576 times.*loopTurns/);
  });

  test('endless loops on a large grid end with its first tile', async () => {
    const program = await oneShader(ENDLESS, { workgroups: [65_535, 16, 1], tileAxis: 'x' });
    await expectExit(program, 'fuel', /65536 times/, { loopTurns: 65_536 });
  });

  test('endless loops on a large grid that cannot be cut end with its trial', async () => {
    const program = await oneShader(ENDLESS, { workgroups: [65_535, 16, 1] });
    await expectExit(program, 'fuel', /65536 times/, { loopTurns: 65_536 });
  });

  test('a loop that ends in time turns to its end, in every invocation', async () => {
    const source = `${CELLS} @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
      for (var i = 0u; i < 1000u; i++) { cells[id.x] += 1u; } }`;
    const { exit, outputs } = await run(await oneShader(source, {}, 256), { loopTurns: 1_001 });
    expect(exit).toEqual({ kind: 'ok' });
    expect(new Uint32Array(outputs[0]!.bytes.buffer).every((cell) => cell === 1_000)).toBe(true);
  });
});

describe('grids', () => {
  const grid = [65_535, 65_535, 65_535] as const;

  test('the largest grid at once, and in slices that are no smaller', async () => {
    await expectExit(await oneShader(HARMLESS, { workgroups: [...grid] }), 'refused', /tileAxis/);
    const sliced = await oneShader(HARMLESS, { workgroups: [...grid], tileAxis: 'z' });
    await expectExit(sliced, 'refused', /bomb\.main .* another tileAxis/);
  });

  test('a grid that takes for ever in small tiles ends with the wall clock', async () => {
    const program = await oneShader(HARMLESS, {
      workgroups: [1_024, 65_535, 1],
      tileAxis: 'y',
      repeat: 65_536,
    });
    await expectExit(program, 'timeout', /1500 ms/, { wallMs: 1_500 });
  });

  test('a dispatch that would take for ever and cannot be cut is never begun', async () => {
    const heavy = `${CELLS} @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
      for (var i = 0u; i < 20000u; i++) { cells[id.x % 16384u] += i; } }`;
    const program = await oneShader(heavy, { workgroups: [65_535, 60, 1] });
    await expectExit(program, 'timeout', /bomb\.main would take about \d+ s.*tileAxis/);
  });

  test('one that only looks light ends with the wall clock; the next task waits until the GPU is free', async () => {
    const sly = `${CELLS} @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x < 262144u) { return; }
      for (var i = 0u; i < 50000u; i++) { cells[id.x % 16384u] += i; } }`;
    await expectExit(await oneShader(sly, { workgroups: [4_352, 1, 1] }), 'timeout', /300 ms/, {
      wallMs: 300,
    });
  });

  test('an empty grid does nothing', async () => {
    const { exit } = await run(await oneShader(HARMLESS, { workgroups: [0, 65_535, 65_535] }));
    expect(exit).toEqual({ kind: 'ok' });
  });

  test('too many turns of a pass', async () => {
    await expectExit(await oneShader(HARMLESS, { repeat: 1e9 }), 'refused', /repeat is 1000000000/);
  });
});

describe('memory', () => {
  test.each<[string, number | string, RegExp, Limits]>([
    ['more than a GPU has', 1e12, /"cells".*1000000000000 bytes/, {}],
    ['more than the job may use', 268_435_456, /limits\.gpuMemoryBytes/, { outputBytes: 268_435_456 }],
    ['a size that is no number of bytes', '0 - 4', /"cells" is -4/, {}],
  ])('buffers of %s', async (_, bytes, message, limits) => {
    await expectExit(await oneShader(HARMLESS, {}, bytes), 'refused', message, limits);
  });

  test('a task that needs more memory than the one before gets it', async () => {
    const job = await sandbox.openJob(
      'job',
      manifestOf(await oneShader(HARMLESS, {}, '(n + 1) * 4096')),
      blobs.read,
    );
    for (const n of [0, 5, 2]) {
      const { exit, outputs } = await job.run(n, { signal: never });
      expect(exit).toEqual({ kind: 'ok' });
      expect(outputs[0]!.bytes.byteLength).toBe((n + 1) * 4_096);
    }
    await job.close();
  });

  test('writes and reads out of bounds stay inside', async () => {
    const source = `${CELLS} @group(0) @binding(1) var<storage, read> fixed: array<u32>;
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
        for (var i = 0u; i < 32u; i++) {
          cells[64u + (1u << i) + id.x] = 0xffffffffu;
          cells[0x7fffffffu - i] = fixed[(1u << i) * 1024u + id.x];
        } }`;
    const program = await oneShader(source, { bindings: { 0: 'cells', 1: 'fixed' }, repeat: 2 }, 256);
    program.outputs['fixed'] = { buffer: 'fixed', element: 'u32' };
    const { exit, outputs } = await run(program);
    expect(exit).toEqual({ kind: 'ok' });
    expect(outputs[1]!.bytes.every((byte) => byte === 0)).toBe(true);
    await expectExit(await oneShader('nonsense'), 'refused', /./);
  });

  test('workgroup memory beyond the limit', async () => {
    const source = `${CELLS} var<workgroup> all: array<u32, 60000>;
      @compute @workgroup_size(1) fn main() { all[cells[0]] = 1u; cells[1] = all[cells[2]]; }`;
    await expectExit(await oneShader(source), 'refused', /workgroup/i);
  });

  test('workgroups beyond the limit', async () => {
    const source = HARMLESS.replace('workgroup_size(1)', 'workgroup_size(65535, 65535, 65535)');
    await expectExit(await oneShader(source), 'refused', /workgroup/i);
  });
});

describe('bindings', () => {
  test('a binding that the manifest does not have', async () => {
    const source = HARMLESS.replace('@binding(0)', '@binding(3)');
    await expectExit(await oneShader(source), 'refused', /bomb\.main.*binding/is);
  });

  test('a buffer smaller than the shader says', async () => {
    const source = HARMLESS.replace('array<u32>', 'array<u32, 1024>');
    await expectExit(await oneShader(source, {}, 16), 'refused', /./);
  });

  test('a texture where a buffer is bound', async () => {
    const source = `@group(0) @binding(0) var t: texture_2d<f32>;
      @compute @workgroup_size(1) fn main() { _ = textureDimensions(t); }`;
    await expectExit(await oneShader(source), 'refused', /./);
  });

  test('the word that counts overruns', async () => {
    const source = `${CELLS} @group(1) @binding(0) var<storage, read_write> word: atomic<u32>;
      @compute @workgroup_size(1) fn main() { loop { atomicStore(&word, 0u); cells[0] += 1u; } }`;
    await expectExit(await oneShader(source), 'refused', /./);
  });

  test('one buffer twice, once for writing', async () => {
    const source = `${CELLS} @group(0) @binding(1) var<storage, read_write> again: array<u32>;
      @compute @workgroup_size(1) fn main() { cells[0] = again[0]; }`;
    const program = await oneShader(source, { bindings: { 0: 'cells', 1: 'cells' } });
    await expectExit(program, 'refused', /"cells" twice/);
  });

  test('a write to a buffer that stays from task to task', async () => {
    const program = await oneShader(HARMLESS, { bindings: { 0: 'fixed' } });
    await expectExit(program, 'refused', /read-only buffer "fixed"/);
  });
});

describe('compilation', () => {
  test('calls that double at every level', async () => {
    const levels = Array.from(
      { length: 30 },
      (_, i) => `fn f${i + 1}() -> u32 { return f${i}() + f${i}(); }`,
    );
    const source = `${CELLS} fn f0() -> u32 { return cells[0]; } ${levels.join(' ')}
      @compute @workgroup_size(1) fn main() { cells[0] = f30(); }`;
    await expectExit(await oneShader(source), 'refused', /./);
  });

  test('more time than the job gives it', async () => {
    const lines = Array.from({ length: 1_500 }, (_, i) => `x = sin(x) * ${i}.5 + cos(x);`);
    const source = `${CELLS} @compute @workgroup_size(1) fn main() { var x = f32(cells[0]); ${lines.join(' ')}
      cells[0] = u32(x); }`;
    await expectExit(await oneShader(source), 'timeout', /longer than 5 ms to compile.*limits\.compileMs/, {
      compileMs: 5,
      inlinedTokens: 60_000,
    });
  });

  test('brackets nested without end', async () => {
    const source = `${CELLS} @compute @workgroup_size(1) fn main() { cells[0] = ${'('.repeat(20_000)}1u${')'.repeat(20_000)}; }`;
    await expectExit(await oneShader(source), 'refused', /./, { inlinedTokens: 60_000 });
  });
});
