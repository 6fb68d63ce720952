import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bytes } from '../../base/bytes.ts';
import type { OnnxProgram } from '../../protocol/manifest.ts';
import { manifestOf, TestBlobs } from '../fixtures/manifests.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';
import { denseModel, giantModel, heavyModel, oneOperator } from './models.fixture.ts';

const blobs = new TestBlobs();
const { signal } = new AbortController();
let sandbox: Sandbox;

beforeAll(() => {
  sandbox = createSandbox({ cpuSlots: 2, gpuSlots: 1, pageUrl: '/sandbox.html' });
});
afterAll(() => sandbox[Symbol.asyncDispose]());

const floats = (...values: number[]): Bytes => new Uint8Array(Float32Array.from(values).buffer);
const wholes = (...values: bigint[]): Bytes => new Uint8Array(BigInt64Array.from(values).buffer);
const asFloats = (bytes: Bytes) => [...new Float32Array(bytes.buffer)];

async function denseProgram(x: Bytes, rows: number, more: Partial<OnnxProgram> = {}): Promise<OnnxProgram> {
  return {
    kind: 'onnx',
    model: await blobs.put(denseModel()),
    inputs: { x: { type: 'f32', shape: [rows, 3], source: { input: await blobs.put(x) } } },
    outputs: { 'y.f32': { tensor: 'y', type: 'f32' } },
    ...more,
  };
}

async function runOne(program: OnnxProgram, limits = {}, onProgress?: (done: number) => void) {
  const job = await sandbox.openJob(program.model.cid, manifestOf(program, limits), blobs.read);
  try {
    return await job.run(0, { signal, ...(onProgress === undefined ? {} : { onProgress }) });
  } finally {
    await job.close();
  }
}

const MIB = 1_048_576;
const modelFrames = () => document.querySelectorAll('iframe[src$="sandbox-onnx.html"]').length;
const X = floats(1, 2, 3, 4, 5, 6, 7, 8, 9);
const Y = [22.5, 27.5, 49.5, 63.5, 76.5, 99.5];

describe('a model', () => {
  test('runs on the CPU', async () => {
    const { exit, outputs, numericClass } = await runOne(await denseProgram(X, 3));
    expect(exit).toEqual({ kind: 'ok' });
    expect(numericClass).toBeUndefined();
    expect(outputs.map(({ path }) => path)).toEqual(['y.f32']);
    expect(asFloats(outputs[0]!.bytes)).toEqual(Y);
  });

  test('runs on the GPU', async () => {
    const { exit, outputs, numericClass } = await runOne(await denseProgram(X, 3, { backend: 'webgpu' }));
    expect(exit).toEqual({ kind: 'ok' });
    expect(numericClass).toMatch(/^[0-9a-f]{64}$/);
    expect(asFloats(outputs[0]!.bytes)).toEqual(Y);
  });

  test('takes its rows in batches and gives the same', async () => {
    const { exit, outputs } = await runOne(await denseProgram(X, 3, { batchRows: 2 }));
    expect(exit).toEqual({ kind: 'ok' });
    expect(asFloats(outputs[0]!.bytes)).toEqual(Y);
  });
});

describe('many tasks', () => {
  const MANY_ROWS = 64;
  const noise = (n: number) =>
    floats(...Array.from({ length: 3 * MANY_ROWS }, (_, i) => Math.sin(n * 97 + i)));

  test('give the same bits in every slot and every run', async () => {
    const program = await denseProgram(noise(1), MANY_ROWS);
    const job = await sandbox.openJob(program.model.cid, manifestOf(program), blobs.read);
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, n) => job.run(n, { signal })));
    expect(modelFrames()).toBeGreaterThanOrEqual(2);
    for (const { exit, outputs } of outcomes) {
      expect(exit).toEqual({ kind: 'ok' });
      expect(outputs[0]!.bytes).toEqual(outcomes[0]!.outputs[0]!.bytes);
    }
    await job.close();
    const again = await runOne(program);
    expect(again.outputs[0]!.bytes).toEqual(outcomes[0]!.outputs[0]!.bytes);
  });

  test('take their own slices of a blob, with bytes made floats', async () => {
    const input = await blobs.put(Uint8Array.from({ length: 60 }, (_, i) => i));
    const program = await denseProgram(X, 3, {
      inputs: {
        x: {
          type: 'f32',
          shape: [1, 3],
          source: { input, offset: 'n * 3', length: 3 },
          fromBytes: { scale: 0.5, offset: -1 },
        },
      },
    });
    const job = await sandbox.openJob(program.model.cid, manifestOf(program), blobs.read);
    const { outputs } = await job.run(2, { signal });
    // Bytes 6, 7, 8 become 2, 2.5, 3.
    expect(asFloats(outputs[0]!.bytes)).toEqual([2 + 7.5 + 15 + 0.5, 4 + 10 + 18 - 0.5]);
    const beyond = await job.run(20, { signal });
    expect(beyond.exit).toMatchObject({ kind: 'refused', message: expect.stringMatching(/bytes 60 to 63/) });
    await job.close();
  });

  test('tell their progress, batch by batch', async () => {
    const told: number[] = [];
    const rows = 400;
    const x = floats(...Array.from({ length: 3 * rows }, (_, i) => i));
    const program = await denseProgram(x, rows, { batchRows: 1 });
    const { exit, outputs } = await runOne(program, {}, (done) => told.push(done));
    expect(exit).toEqual({ kind: 'ok' });
    expect(outputs[0]!.bytes.byteLength).toBe(rows * 2 * 4);
    expect(told.every((done) => done > 0 && done <= 1)).toBe(true);
  });
});

describe('a manifest that does not fit', () => {
  test('is refused before anything runs, with both shapes', async () => {
    const program = await denseProgram(X, 3);
    const wrong = { ...program, inputs: { x: { ...program.inputs['x']!, shape: [9] } } };
    expect((await runOne(wrong)).exit).toEqual({
      kind: 'refused',
      message: expect.stringContaining('The model wants f32[rows,3] for "x"; the manifest gives f32[9].'),
    });
    expect(
      (await runOne({ ...program, inputs: { x: { ...program.inputs['x']!, shape: [1, 9] } } })).exit,
    ).toEqual({
      kind: 'refused',
      message: expect.stringContaining('wants f32[rows,3] for "x"; the manifest gives f32[1,9].'),
    });
  });

  test.each([
    [{ moduleBytes: 50 }, /The model has \d+ bytes; the job's limit is 50/],
    [{ memoryBytes: 1_000_000 }, /the runtime alone needs/],
  ])('limits of %j are refused by name', async (limits, message) => {
    expect((await runOne(await denseProgram(X, 3), limits)).exit).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(message),
    });
  });

  test('outputs beyond the limit end the task by name', async () => {
    const { exit } = await runOne(await denseProgram(X, 3, { batchRows: 1 }), { outputBytes: 16 });
    expect(exit).toMatchObject({ kind: 'output-limit' });
  });
});

/* Endless loops, giant tensors and the like: bombs.node.test.ts. */
describe('a hostile model', () => {
  test('of 60 MiB is none where its limits allow it', async () => {
    const program: OnnxProgram = {
      kind: 'onnx',
      model: await blobs.put(heavyModel(60 * MIB)),
      inputs: { x: { type: 'f32', shape: [1], source: { input: await blobs.put(floats(2)) } } },
      outputs: { y: { tensor: 'y', type: 'f32' } },
    };
    const limits = { moduleBytes: 64 * MIB, memoryBytes: 256 * MIB };
    const { exit, outputs } = await runOne(program, limits);
    expect(exit).toEqual({ kind: 'ok' });
    expect(asFloats(outputs[0]!.bytes)).toEqual([6]);
  });

  test('that the runtime cannot read is refused in its words', async () => {
    const { exit } = await runOne({
      kind: 'onnx',
      model: await blobs.put(oneOperator('NoSuchOperator')),
      inputs: { x: { type: 'f32', shape: [1], source: { input: await blobs.put(floats(2)) } } },
      outputs: { y: { tensor: 'y', type: 'f32' } },
    });
    expect(exit).toMatchObject({ kind: 'refused', message: expect.stringMatching(/NoSuchOperator/) });
  });

  test('that is no model is refused before a slot is taken', async () => {
    const { exit } = await runOne({ ...(await denseProgram(X, 3)), model: await blobs.put('not a model') });
    expect(exit).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/no ONNX file|holds no graph/),
    });
  });

  test('whose tensors do not fit each other traps, and the next task runs', async () => {
    const program: OnnxProgram = {
      kind: 'onnx',
      model: await blobs.put(giantModel()),
      inputs: { shape: { type: 'i64', shape: [2], source: { input: await blobs.put(wholes(-5n, 3n)) } } },
      outputs: { sum: { tensor: 'sum', type: 'f32' } },
    };
    expect((await runOne(program)).exit).toMatchObject({ kind: 'trap' });
    expect((await runOne(await denseProgram(X, 3))).exit).toEqual({ kind: 'ok' });
  });

  test('that wants more GPU memory than allowed ends out of memory', async () => {
    const { exit } = await runOne(await denseProgram(X, 3, { backend: 'webgpu' }), { gpuMemoryBytes: 20 });
    expect(exit).toMatchObject({ kind: 'out-of-memory', message: expect.stringMatching(/20 bytes of GPU/) });
  });
});
