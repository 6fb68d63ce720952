import { afterEach, beforeAll, expect, test } from 'vitest';
import guestUrl from '../fixtures/guests/guest.wasm?url';
import { manifestOf, TestBlobs } from '../fixtures/manifests.ts';
import { MAX_TASK_MESSAGES } from '../limits.ts';
import type { InputRef } from '../prepare/inputs.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

/*
 * A frame in which somebody else than our worker holds the port: what a guest could do that broke out of its engine.
 */

const blobs = new TestBlobs();
let sandbox: Sandbox;
let module: InputRef;

beforeAll(async () => {
  module = await blobs.put(new Uint8Array(await (await fetch(guestUrl)).arrayBuffer()));
});
afterEach(async () => sandbox[Symbol.asyncDispose]());

/** Runs a task in a frame that answers it with this script; `id` is the task's, `say` posts to the host. */
async function answer(script: string) {
  const html = `<script>
    addEventListener('message', ({ data, ports: [port] }) => {
      if (data !== 'port') return;
      const say = (message) => port.postMessage(message);
      port.onmessage = ({ data: { type, id } }) => { if (type === 'run') { ${script} } };
      say({ type: 'ready' });
    });
  </script>`;
  const pageUrl = URL.createObjectURL(new Blob([html], { type: 'text/html' }));
  sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 0, pageUrl });
  const program = { kind: 'wasi' as const, module, args: ['guest'], env: {}, files: {}, outputs: ['stdout'] };
  const job = await sandbox.openJob(module.cid, manifestOf(program, { wallMs: 20_000 }), blobs.read);
  const told: number[] = [];
  const outcome = await job.run(0, {
    signal: new AbortController().signal,
    onProgress: (done) => told.push(done),
  });
  URL.revokeObjectURL(pageUrl);
  return { ...outcome, told };
}

const done = (outcome: string) =>
  `say({ type: 'done', id, outcome: { wallMs: 1, outputs: [], ${outcome} } });`;

test('its honest answer is taken', async () => {
  expect(await answer(done(`exit: { kind: 'ok' }`))).toMatchObject({ exit: { kind: 'ok' } });
});

test.each<[string, string]>([
  ['no outcome', `say({ type: 'done', id });`],
  ['nothing', `say(null);`],
  [
    'an output of another name',
    done(`exit: { kind: 'ok' }, outputs: [{ path: 'x', bytes: new Uint8Array(1) }]`),
  ],
  ['an output that is no bytes', done(`exit: { kind: 'ok' }, outputs: [{ path: 'stdout', bytes: 'text' }]`)],
  ['an exit of its own', done(`exit: { kind: 'paid' }`)],
  ['progress that is no number', `say({ type: 'progress', id, done: {} });`],
])('%s ends the task as refused, and its frame is removed', async (_, script) => {
  const { exit, outputs, told } = await answer(script);
  expect(exit).toMatchObject({ kind: 'refused', message: expect.stringContaining('never says') as string });
  expect([outputs, told]).toEqual([[], []]);
  // A fresh spare may start; the liar is gone.
  await expect.poll(() => document.querySelectorAll('iframe').length).toBeLessThanOrEqual(1);
});

test('a flood of messages ends where no task has more', async () => {
  const { exit, told } = await answer(`
    const pour = () => {
      for (let i = 0; i < 1_000; i++) say({ type: 'progress', id, done: 0.5 });
      setTimeout(pour);
    };
    pour();`);
  expect(exit.kind).toBe('refused');
  expect(told).toHaveLength(MAX_TASK_MESSAGES);
});
