import './guest/lock-down.ts';
import { nameFault } from './guest/name-trap.ts';
import { loadWasi } from './guest/run-wasi.ts';
import { loadWgsl } from './guest/run-wgsl.ts';
import type { Runner } from './guest/runner.ts';
import {
  type FromGuest,
  GuestFault,
  type GuestOutcome,
  type Load,
  type TaskInput,
  type ToGuest,
} from './messages.ts';

/** `progress` messages come at most this often, so that a fast program does not flood its host. */
const PROGRESS_INTERVAL_MS = 100;

/** Waits for the one message with the host's port; everything else travels over that port. */
self.addEventListener('message', (event: MessageEvent) => serve(event.ports[0]!), { once: true });

function serve(port: MessagePort): void {
  let runner: Promise<Runner> = Promise.reject(new Error('Nothing is loaded.'));
  runner.catch(() => undefined);
  port.addEventListener('message', ({ data }: MessageEvent<ToGuest>) => {
    if (data.type === 'load') {
      runner = load(data.load);
      // A failed load is told by each run that waits for it.
      runner.catch(() => undefined);
    } else void run(port, runner, data.id, data.task);
  });
  port.start();
  port.postMessage({ type: 'ready' } satisfies FromGuest);
}

function load(given: Load): Promise<Runner> {
  if (given.kind === 'wasi') return loadWasi(given);
  if (given.kind === 'wgsl') return loadWgsl(given);
  throw new GuestFault('refused', 'This worker has no runtime for ONNX models.');
}

async function run(port: MessagePort, runner: Promise<Runner>, id: number, task: TaskInput): Promise<void> {
  let startedMs = performance.now();
  let outcome: GuestOutcome;
  let toldMs = startedMs;
  const onProgress = (done: number) => {
    if (performance.now() - toldMs < PROGRESS_INTERVAL_MS) return;
    toldMs = performance.now();
    port.postMessage({ type: 'progress', id, done } satisfies FromGuest);
  };
  try {
    const loaded = await runner;
    startedMs = performance.now();
    const { exit, outputs } = await loaded.run(task, onProgress);
    const sorted = [...outputs].sort((a, b) => (a.path < b.path ? -1 : 1));
    outcome = { exit, outputs: sorted, wallMs: performance.now() - startedMs };
  } catch (thrown) {
    outcome = { exit: nameFault(thrown), outputs: [], wallMs: performance.now() - startedMs };
  }
  port.postMessage(
    { type: 'done', id, outcome } satisfies FromGuest,
    outcome.outputs.map(({ bytes }) => bytes.buffer),
  );
}
