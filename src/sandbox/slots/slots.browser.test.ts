import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import guestUrl from '../fixtures/guests/guest.wasm?url';
import { manifestOf, TestBlobs } from '../fixtures/manifests.ts';
import type { InputRef } from '../prepare/inputs.ts';
import { RECYCLE_AFTER_TASKS } from '../limits.ts';
import { createSandbox, type Sandbox, type SandboxOptions } from '../sandbox.ts';
import type { SandboxJob } from '../sandbox-job.ts';

const MIB = 2 ** 20;
const blobs = new TestBlobs();
const never = new AbortController().signal;
let sandbox: Sandbox;
let module: InputRef;
/** Every frame that was ever opened by a test. */
const opened = new Set<Node>();
const watch = new MutationObserver((changes) => {
  for (const { addedNodes } of changes)
    for (const node of addedNodes) if (node instanceof HTMLIFrameElement) opened.add(node);
});

beforeAll(async () => {
  module = await blobs.put(new Uint8Array(await (await fetch(guestUrl)).arrayBuffer()));
});
beforeEach(() => {
  opened.clear();
  watch.observe(document.body, { childList: true });
});
afterEach(async () => {
  watch.disconnect();
  await sandbox[Symbol.asyncDispose]();
});

const openSandbox = (options: Partial<SandboxOptions>) => {
  sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 0, pageUrl: '/sandbox.html', ...options });
};
const open = (args: string[], limits = {}) =>
  sandbox.openJob(
    module.cid,
    manifestOf(
      { kind: 'wasi', module, args: ['guest', ...args], env: {}, files: {}, outputs: ['stdout'] },
      limits,
    ),
    blobs.read,
  );
const run = async (job: SandboxJob, task = 0) => (await job.run(task, { signal: never })).exit;

describe('a slot', () => {
  test('is replaced by a spare that was started before, after a fault and for another job', async () => {
    openSandbox({});
    const [trap, hello] = [await open(['trap']), await open(['hello'])];
    const kinds: string[] = [];
    for (const job of [trap, hello, trap, hello]) {
      kinds.push((await run(job)).kind);
      await expect.poll(() => document.querySelectorAll('iframe').length).toBeLessThanOrEqual(2);
    }
    expect(kinds).toEqual(['trap', 'ok', 'trap', 'ok']);
    // No frame saw two jobs, and none ran on after a trap: four, and the spare.
    expect(opened.size).toBeGreaterThanOrEqual(4);
    expect(opened.size).toBeLessThanOrEqual(5);
  });

  test('is replaced after many tasks, without any of them waiting for it', async () => {
    openSandbox({});
    const job = await open(['hello', '{n}']);
    for (let n = 0; n < RECYCLE_AFTER_TASKS; n++) expect((await run(job, n)).kind).toBe('ok');
    expect(opened.size).toBeLessThanOrEqual(2);
    const [first] = opened;
    await expect
      .poll(async () => {
        expect((await run(job)).kind).toBe('ok');
        return (first as HTMLIFrameElement).isConnected;
      })
      .toBe(false);
  });
});

describe('memory', () => {
  // A task takes 100 MiB of memory and 64 MiB of outputs at most.
  const limits = { memoryBytes: 100 * MIB };

  test('keeps tasks waiting, however many slots are free', async () => {
    openSandbox({ cpuSlots: 3, memoryBytes: 2 * 165 * MIB });
    const most: number[] = [];
    sandbox.busy.subscribe(({ cpu }) => most.push(cpu));
    const job = await open(['hello'], limits);
    const exits = await Promise.all(Array.from({ length: 8 }, (_, n) => run(job, n)));
    expect(exits.map(({ kind }) => kind)).toEqual(Array.from({ length: 8 }, () => 'ok'));
    expect(Math.max(...most)).toBe(2);
  });

  test('that a device does not lend refuses the task by name', async () => {
    openSandbox({ memoryBytes: 160 * MIB });
    const job = await open(['hello'], limits);
    expect(await run(job)).toEqual({
      kind: 'refused',
      message: 'The task may take 165 MiB of memory; this device lends 160 MiB.',
    });
    // A task that is stopped gives back what it took.
    const small = await open(['loop'], { memoryBytes: 90 * MIB });
    for (let n = 0; n < 2; n++) {
      const stop = AbortSignal.timeout(50);
      await expect(small.run(0, { signal: stop })).rejects.toMatchObject({ code: 'base/aborted' });
    }
  });
});
