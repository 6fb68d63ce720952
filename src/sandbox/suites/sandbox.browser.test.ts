import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SandboxSlice } from '../../provider/slices.ts';
import guestUrl from '../fixtures/guests/guest.wasm?url';
import { manifestOf, TestBlobs } from '../fixtures/manifests.ts';
import type { InputRef } from '../prepare/inputs.ts';
import { probeGpu } from '../gpu/probe-gpu.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

const blobs = new TestBlobs();
const never = new AbortController().signal;
let sandbox: Sandbox;
let module: InputRef;

beforeAll(async () => {
  module = await blobs.put(new Uint8Array(await (await fetch(guestUrl)).arrayBuffer()));
});
beforeEach(() => {
  sandbox = createSandbox({ cpuSlots: 2, gpuSlots: 1, pageUrl: '/sandbox.html' });
});
afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
  expect(frames()).toBe(0);
});

/** What the provider asks for, held by the compiler. */
const asSlice = (given: Sandbox): SandboxSlice => given;

const frames = () => document.querySelectorAll('iframe[title="Kiln sandbox"]').length;
const open = (args: string[], wallMs = 20_000) =>
  sandbox.openJob(
    module.cid,
    manifestOf(
      { kind: 'wasi', module, args: ['guest', ...args], env: {}, files: {}, outputs: ['stdout'] },
      { wallMs },
    ),
    blobs.read,
  );

describe('slots', () => {
  test('start with the first task, take one task each, and are shared by all that wait', async () => {
    expect(frames()).toBe(0);
    const most: number[] = [];
    sandbox.busy.subscribe(({ cpu }) => most.push(cpu));
    const job = await open(['hello', '{n}']);
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => job.run(n, { signal: never })));
    expect(outcomes.map(({ exit }) => exit.kind)).toEqual(Array.from({ length: 20 }, () => 'ok'));
    expect(Math.max(...most)).toBe(2);
    expect(sandbox.busy.value).toEqual({ cpu: 0, gpu: 0 });
    // Two, and a spare.
    expect(frames()).toBeLessThanOrEqual(3);
    await job.close();
    expect(frames()).toBeLessThanOrEqual(1);
  });

  test('a second job gets fresh ones, and both go on', async () => {
    const [one, two] = [await open(['hello']), await open(['chance'])];
    for (let n = 0; n < 3; n++) {
      const both = await Promise.all([one.run(n, { signal: never }), two.run(n, { signal: never })]);
      expect(both.map(({ exit }) => exit.kind)).toEqual(['ok', 'ok']);
    }
    expect(frames()).toBeLessThanOrEqual(3);
    await one.close();
    expect((await two.run(4, { signal: never })).exit.kind).toBe('ok');
    await two.close();
    expect(frames()).toBeLessThanOrEqual(1);
  });

  test('are fewer after setSlots, and none of them takes a task when there are none', async () => {
    const job = await open(['hello']);
    await Promise.all([job.run(0, { signal: never }), job.run(1, { signal: never })]);
    sandbox.setSlots(0, 0);
    const slice = asSlice(sandbox);
    expect([slice.slots('wasi'), slice.slots('wgsl'), frames()]).toEqual([0, 0, 0]);
    const waiting = job.run(2, { signal: never });
    expect(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 200, 'waits'))])).toBe(
      'waits',
    );
    sandbox.setSlots(1, 0);
    expect((await waiting).exit.kind).toBe('ok');
    await job.close();
  });

  test('a task in an endless loop does not keep the other slot from working', async () => {
    const [loop, hello] = [await open(['loop'], 1_000), await open(['hello'])];
    const endless = loop.run(0, { signal: never });
    for (let n = 0; n < 5; n++) expect((await hello.run(n, { signal: never })).exit.kind).toBe('ok');
    expect(await endless).toMatchObject({ exit: { kind: 'timeout' }, wallMs: 1_000 });
    await loop.close();
    await hello.close();
  });

  test('closing a job or the sandbox stops what runs and what waits', async () => {
    const job = await open(['loop']);
    const running = [0, 1, 2].map((n) => job.run(n, { signal: never }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await job.close();
    for (const one of running) await expect(one).rejects.toMatchObject({ code: 'base/aborted' });
    const other = await open(['loop']);
    const again = [0, 1, 2].map((n) => other.run(n, { signal: never }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await sandbox[Symbol.asyncDispose]();
    for (const one of again) await expect(one).rejects.toMatchObject({ code: 'sandbox/closed' });
    await expect(other.run(4, { signal: never })).rejects.toMatchObject({ code: 'sandbox/closed' });
  });

  test('an abort does not wait for a frame that never starts', async () => {
    const broken = createSandbox({ cpuSlots: 1, gpuSlots: 0, pageUrl: '/no-such-page.html?empty' });
    const job = await broken.openJob(
      module.cid,
      manifestOf({ kind: 'wasi', module, args: [], env: {}, files: {}, outputs: ['stdout'] }),
      blobs.read,
    );
    const controller = new AbortController();
    const running = job.run(0, { signal: controller.signal });
    setTimeout(() => controller.abort(), 200);
    await expect(running).rejects.toMatchObject({ code: 'base/aborted' });
    await broken[Symbol.asyncDispose]();
  });
});

test('the benchmark scores both kinds and can be stopped; the GPU has a name', async () => {
  expect(await probeGpu()).toMatchObject({
    isSoftware: expect.any(Boolean) as boolean,
    name: expect.stringMatching(/./) as string,
  });
  expect(await sandbox.benchmark('wasi', never)).toBeGreaterThan(10_000);
  expect(await sandbox.benchmark('wgsl', never)).toBeGreaterThan(100);
  await expect(sandbox.benchmark('wasi', AbortSignal.abort())).rejects.toMatchObject({
    code: 'base/aborted',
  });
  // A spare of each lane.
  expect(frames()).toBeLessThanOrEqual(2);
});

test('what reading an input throws reaches the caller', async () => {
  const missing = { ...module, cid: 'bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' };
  const program = {
    kind: 'wasi' as const,
    module: missing,
    args: [],
    env: {},
    files: {},
    outputs: ['stdout'],
  };
  await expect(sandbox.openJob('job', manifestOf(program), blobs.read)).rejects.toMatchObject({
    message: /No blob/,
  });
});
