import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromUtf8, toHex } from '../../base/bytes.ts';
import type { Limits, WasiProgram } from '../../protocol/manifest.ts';
import reactorUrl from '../fixtures/guests/reactor.wasm?url';
import { manifestOf, TestBlobs } from '../fixtures/manifests.ts';
import type { InputRef } from '../prepare/inputs.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';
import type { RunOptions } from '../sandbox-job.ts';

const blobs = new TestBlobs();
let sandbox: Sandbox;
let module: InputRef;
const never = new AbortController().signal;

beforeAll(async () => {
  sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 0, pageUrl: '/sandbox.html' });
  module = await blobs.put(new Uint8Array(await (await fetch(reactorUrl)).arrayBuffer()));
});
afterAll(() => sandbox[Symbol.asyncDispose]());

const frames = () => document.querySelectorAll('iframe[title="Kiln sandbox"]');
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function open(args: string[], steps: WasiProgram['steps'], limits: Limits = {}) {
  const program: WasiProgram = {
    kind: 'wasi',
    module,
    args: ['reactor', ...args],
    env: { GREETING: 'task {n}' },
    files: {},
    outputs: ['stdout', 'results/log.txt'],
    steps: steps!,
  };
  return sandbox.openJob(module.cid, manifestOf(program, limits), blobs.read);
}

async function run(
  args: string[],
  steps: WasiProgram['steps'],
  { limits, task = 0, ...options }: Partial<RunOptions> & { limits?: Limits; task?: number } = {},
) {
  const job = await open(args, steps, limits);
  try {
    return await job.run(task, { signal: never, ...options });
  } finally {
    await job.close();
  }
}

async function digestsOf(args: string[], steps: number): Promise<string[]> {
  const digests: string[] = [];
  const { exit } = await run(args, steps, { onChunk: (i, digest) => (digests[i] = digest) });
  expect(exit).toEqual({ kind: 'ok' });
  return digests;
}

describe('a WASI reactor', () => {
  test('runs init and as many steps as the task has, in one instance with one file system', async () => {
    const outcome = await run(['log'], 'n + 2', { task: 3 });
    expect(outcome.exit).toEqual({ kind: 'ok' });
    const texts = Object.fromEntries(outcome.outputs.map(({ path, bytes }) => [path, fromUtf8(bytes)]));
    expect(texts).toEqual({
      stdout: 'init task 3\n',
      'results/log.txt': 'step 0\nstep 1\nstep 2\nstep 3\nstep 4\n',
    });
    expect(outcome.chunks?.count).toBe(5);
  });

  test('tells each chunk in order, and the result holds the last digest', async () => {
    const told: [number, string][] = [];
    const outcome = await run(['log'], 2_000, { onChunk: (i, digest) => told.push([i, digest]) });
    expect(told.map(([i]) => i)).toEqual(Array.from({ length: 2_000 }, (_, i) => i));
    expect(new Set(told.map(([, digest]) => digest)).size).toBe(2_000);
    expect(toHex(outcome.chunks!.digest)).toBe(told.at(-1)![1]);
  });

  test('two runs that part do so in the chunk where the first of them wrote something else', async () => {
    const [one, same, other] = [
      await digestsOf(['part', '7', 'left'], 12),
      await digestsOf(['part', '7', 'left'], 12),
      await digestsOf(['part', '7', 'both'], 12),
    ];
    expect(same).toEqual(one);
    expect(other.findIndex((digest, i) => digest !== one[i])).toBe(7);
    expect(other.slice(7).some((digest, i) => digest === one[7 + i])).toBe(false);
  });

  test('tells its progress', async () => {
    const done: number[] = [];
    await run(['spin', '2000000'], 150, { onProgress: (part) => done.push(part) });
    expect(done.length).toBeGreaterThan(1);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done[0]).toBeGreaterThan(0);
    expect(done.at(-1)).toBeLessThanOrEqual(1);
  });

  test('may end itself in a step, trap in one, or run out of fuel in one', async () => {
    const ended = await run(['exit', '0'], 10);
    expect(ended).toMatchObject({ exit: { kind: 'ok' }, chunks: { count: 4 } });
    expect(ended.outputs.map(({ path }) => path)).toEqual(['stdout']);
    expect(await run(['exit', '9'], 10)).toMatchObject({ exit: { kind: 'exit-code', code: 9 } });
    const trapped = await run(['trap'], 10);
    expect(trapped).toMatchObject({ exit: { kind: 'trap', message: 'unreachable' }, chunks: { count: 3 } });
    expect(trapped.witness?.byteLength).toBe(32);
    const stuck = await run(['stuck'], 10, { limits: { fuel: 30_000_000 } });
    expect(stuck).toMatchObject({ exit: { kind: 'fuel' }, fuelUsed: 30_000_000, chunks: { count: 3 } });
    expect(stuck.witness?.byteLength).toBe(32);
  });

  test('a command in its place, or a number of steps that is none, is refused with what to do', async () => {
    expect((await run(['log'], 0)).exit).toMatchObject({ kind: 'refused', message: /steps.*0/ });
    expect((await run(['log'], '0.5')).exit).toMatchObject({ kind: 'refused', message: /steps/ });
    const outcome = await run(['log'], undefined);
    expect(outcome.exit).toMatchObject({ kind: 'refused', message: /no function "_start"/ });
  });
});

describe('the host', () => {
  test('stops a reactor between two steps, and its slot stays warm', async () => {
    const job = await open(['spin', '200000'], 1_000_000);
    await expect(
      job.run(0, { signal: AbortSignal.timeout(300), onChunk: () => undefined }),
    ).rejects.toMatchObject({ code: 'base/aborted' });
    const before = frames();
    expect(before.length).toBeGreaterThan(0);
    const running = new AbortController();
    const again = job.run(1, { signal: running.signal });
    await sleep(300);
    running.abort();
    await expect(again).rejects.toMatchObject({ code: 'base/aborted' });
    expect([...frames()].some((frame) => [...before].includes(frame))).toBe(true);
    await job.close();
  });

  test('removes a reactor that does not come to the end of its step', async () => {
    const job = await open(['stuck'], 10, { fuel: 2e12 });
    const running = new AbortController();
    const stuck = job.run(0, { signal: running.signal });
    await sleep(400);
    running.abort();
    await expect(stuck).rejects.toMatchObject({ code: 'base/aborted' });
    expect((await run(['log'], 3)).exit).toEqual({ kind: 'ok' });
    await job.close();
  });

  test('pauses a reactor, whose wall-clock limit waits with it, and lets it go on to the same result', async () => {
    const args = ['spin', '1000000'];
    const steps = 400;
    const plain = await run(args, steps);
    const job = await open(args, steps, { wallMs: 20_000 });
    const told: number[] = [];
    const running = job.run(0, { signal: never, onChunk: (i) => told.push(i) });
    while (told.length === 0) await sleep(10);
    sandbox.pause(true);
    await sleep(150);
    const held = told.length;
    await sleep(400);
    expect(told.length).toBe(held);
    expect(held).toBeLessThan(steps);
    sandbox.pause(false);
    const outcome = await running;
    expect(outcome.exit).toEqual({ kind: 'ok' });
    expect(outcome.chunks).toEqual(plain.chunks);
    expect(told.length).toBe(steps);
    await job.close();
  });

  test('can stop a reactor that it paused', async () => {
    const job = await open(['spin', '100000'], 1_000_000);
    const running = new AbortController();
    const held = job.run(0, { signal: running.signal });
    await sleep(300);
    sandbox.pause(true);
    await sleep(50);
    running.abort();
    await expect(held).rejects.toMatchObject({ code: 'base/aborted' });
    sandbox.pause(false);
    await job.close();
    expect((await run(['log'], 3)).exit).toEqual({ kind: 'ok' });
  });
});
