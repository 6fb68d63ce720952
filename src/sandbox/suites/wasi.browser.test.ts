import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromUtf8 } from '../../base/bytes.ts';
import type { Limits, WasiProgram } from '../../protocol/manifest.ts';
import { resultDigest, resultOf } from '../../protocol/task.ts';
import guestUrl from '../fixtures/guests/guest.wasm?url';
import { manifestOf, TestBlobs } from '../fixtures/manifests.ts';
import type { InputRef } from '../prepare/inputs.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

const blobs = new TestBlobs();
let sandbox: Sandbox;
let module: InputRef;
const never = new AbortController().signal;

beforeAll(async () => {
  sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 0, pageUrl: '/sandbox.html' });
  module = await blobs.put(new Uint8Array(await (await fetch(guestUrl)).arrayBuffer()));
});
afterAll(() => sandbox[Symbol.asyncDispose]());

async function open(args: string[], given: Partial<WasiProgram> = {}, limits: Limits = {}) {
  const program: WasiProgram = {
    kind: 'wasi',
    module,
    args: ['guest', ...args],
    env: {},
    files: {},
    outputs: ['stdout'],
    ...given,
  };
  return sandbox.openJob(module.cid, manifestOf(program, limits), blobs.read);
}

async function run(args: string[], given: Partial<WasiProgram> = {}, limits: Limits = {}, task = 0) {
  const job = await open(args, given, limits);
  try {
    return await job.run(task, { signal: never });
  } finally {
    await job.close();
  }
}

function text(outcome: { outputs: readonly { path: string; bytes: Uint8Array }[] }, path = 'stdout') {
  return fromUtf8(outcome.outputs.find((output) => output.path === path)!.bytes);
}

describe('a WASI command', () => {
  test('gets its arguments and environment with the task filled in', async () => {
    const outcome = await run(
      ['hello', '{n}', 'to {n_end}', 'ü{}'],
      { env: { GREETING: 'task {index}' } },
      {},
      5,
    );
    expect(outcome.exit).toEqual({ kind: 'ok' });
    expect(text(outcome)).toBe('args [5] [to 6] [ü{}] env [task 5]\n');
  });

  test('reads files and standard input, writes outputs, sees directories sorted', async () => {
    const outcome = await run(['files'], {
      files: { 'data/in.txt': await blobs.put('from a file, ') },
      stdin: await blobs.put('from stdin'),
      outputs: ['stdout', 'results/out.txt', 'missing.txt'],
    });
    expect(outcome.exit).toEqual({ kind: 'ok' });
    expect(text(outcome, 'results/out.txt')).toBe('from a file, from stdin');
    expect(text(outcome)).toMatch(
      /^write to an input: refused\n\. \d+\n\.\. \d+\nant \d+\ndata \d+\nresults \d+\nzebra \d+\n$/,
    );
    expect(outcome.outputs.map(({ path }) => path)).toEqual(['results/out.txt', 'stdout']);
  });

  test('gives the same digest on a warm slot, a fresh slot, and another one for another task', async () => {
    const digests: string[] = [];
    for (const task of [3, 3, 4]) {
      const job = await open(['chance']);
      for (let again = 0; again < 2; again++) {
        const outcome = await job.run(task, { signal: never });
        expect(outcome.exit).toEqual({ kind: 'ok' });
        digests.push((await resultDigest(await resultOf(outcome))).join());
      }
      await job.close();
    }
    expect(new Set(digests.slice(0, 4)).size).toBe(1);
    expect(new Set(digests).size).toBe(2);
  });

  test('has a clock of its own that sleep moves on', async () => {
    const [, first, second, , slept] = text(await run(['chance']))
      .trim()
      .split(' ')
      .map(Number);
    expect(first).toBeCloseTo(1_767_225_600, 3);
    expect(second! - first!).toBeLessThan(0.001);
    expect(slept).toBeGreaterThanOrEqual(3600);
  });

  test('writes many small pieces in linear time', async () => {
    const outcome = await run(['write'], { outputs: ['results/out.txt'] });
    expect(outcome.exit).toEqual({ kind: 'ok' });
    expect(outcome.outputs[0]!.bytes.byteLength).toBe(16_384 * 16);
  });
});

describe('a guest that misbehaves ends in a named outcome, and the next task runs', () => {
  test.each([
    ['exit', { kind: 'exit-code', code: 7 }, {}],
    ['trap', { kind: 'trap', message: 'unreachable' }, {}],
    ['divide', { kind: 'trap', message: 'integer divided by zero' }, {}],
    ['outside', { kind: 'trap', message: 'memory access out of bounds' }, {}],
    ['stack', { kind: expect.stringMatching(/stack|trap/) as string }, {}],
    ['loop', { kind: 'timeout' }, { wallMs: 600 }],
    ['print', { kind: 'output-limit' }, {}],
    ['flood', { kind: 'output-limit' }, { outputBytes: 1_000_000 }],
    ['seek', { kind: 'output-limit' }, {}],
    ['litter', { kind: 'output-limit' }, {}],
  ])('%s', async (mode, exit, limits) => {
    const outcome = await run([mode], { outputs: ['results/out.txt'] }, limits);
    expect(outcome.exit).toMatchObject(exit);
    expect((await run(['hello'])).exit).toEqual({ kind: 'ok' });
  });

  test('memory stops at the limit, not at what the module asks for', async () => {
    const mebibytes = Number.parseInt(text(await run(['grow'], {}, { memoryBytes: 32 * 1_048_576 })), 10);
    expect(mebibytes).toBeGreaterThan(20);
    expect(mebibytes).toBeLessThan(32);
  });

  test('too much memory at the start, a wrong size, or an unknown parameter is refused', async () => {
    expect((await run(['hello'], {}, { memoryBytes: 65_536 })).exit).toMatchObject({ kind: 'refused' });
    const lying = { ...module, bytes: module.bytes + 1 };
    expect((await run(['hello'], { module: lying })).exit).toMatchObject({ kind: 'refused' });
    expect((await run(['{nobody}'])).exit).toMatchObject({ kind: 'refused' });
    const garbage = await blobs.put(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 1, 9]));
    expect((await run(['hello'], { module: garbage })).exit).toMatchObject({ kind: 'refused' });
  });

  test('an abort kills the task under way and the one that waits', async () => {
    const job = await open(['loop']);
    const controller = new AbortController();
    const both = [0, 1].map((task) => job.run(task, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 300);
    for (const running of both) await expect(running).rejects.toMatchObject({ code: 'base/aborted' });
    await job.close();
    expect(document.querySelectorAll('iframe[title="Kiln sandbox"]').length).toBeLessThanOrEqual(1);
    expect((await run(['hello'])).exit).toEqual({ kind: 'ok' });
  });
});
