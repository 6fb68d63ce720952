import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bytes } from '../../base/bytes.ts';
import type { OnnxProgram } from '../../protocol/manifest.ts';
import { manifestOf, TestBlobs } from '../fixtures/manifests.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';
import { denseModel, giantModel, loopModel } from './models.fixture.ts';

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

const X = floats(1, 2, 3, 4, 5, 6, 7, 8, 9);
const Y = [22.5, 27.5, 49.5, 63.5, 76.5, 99.5];

describe('a model', () => {
  test('runs on the CPU', async () => {
    const { exit, outputs } = await runOne(await denseProgram(X, 3));
    expect(exit).toEqual({ kind: 'ok' });
    expect(outputs.map(({ path }) => path)).toEqual(['y.f32']);
    expect(asFloats(outputs[0]!.bytes)).toEqual(Y);
  });

  test('runs on the GPU', async () => {
    const { exit, outputs } = await runOne(await denseProgram(X, 3, { backend: 'webgpu' }));
    expect(exit).toEqual({ kind: 'ok' });
    expect(asFloats(outputs[0]!.bytes)).toEqual(Y);
  });

  test('takes its rows in batches and gives the same', async () => {
    const { exit, outputs } = await runOne(await denseProgram(X, 3, { batchRows: 2 }));
    expect(exit).toEqual({ kind: 'ok' });
    expect(asFloats(outputs[0]!.bytes)).toEqual(Y);
  });
});

describe('a hostile model', () => {
  test('that loops for ever ends with the time allowed', async () => {
    const outcome = await runOne(
      {
        kind: 'onnx',
        model: await blobs.put(loopModel()),
        inputs: {
          turns: { type: 'i64', shape: [], source: { input: await blobs.put(wholes(2n ** 62n)) } },
          x: { type: 'f32', shape: [1], source: { input: await blobs.put(floats(0)) } },
        },
        outputs: { y: { tensor: 'y', type: 'f32' } },
      },
      { wallMs: 3_000 },
    );
    expect(outcome.exit.kind).toBe('timeout');
  });

  test('that wants more memory than allowed ends out of memory', async () => {
    const outcome = await runOne({
      kind: 'onnx',
      model: await blobs.put(giantModel()),
      inputs: {
        shape: { type: 'i64', shape: [2], source: { input: await blobs.put(wholes(16_384n, 16_384n)) } },
      },
      outputs: { sum: { tensor: 'sum', type: 'f32' } },
    });
    expect(outcome.exit).toMatchObject({ kind: 'out-of-memory' });
  });
});
