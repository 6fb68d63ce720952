import { type FromGuest, type GuestOutcome, type Load, type TaskInput, type ToGuest } from '../messages.ts';
import { nameFault } from './name-trap.ts';
import type { Runner } from './runner.ts';

/** `progress` messages come at most this often, so that a fast program does not flood its host. */
const PROGRESS_INTERVAL_MS = 100;

/**
 * What every guest worker does: waits for the one message with the host's port, then loads a program and runs its
 * tasks. Everything after that message travels over the port.
 */
export function serveHost(load: (given: Load) => Promise<Runner>): void {
  self.addEventListener('message', (event: MessageEvent) => serve(event.ports[0]!, load), { once: true });
}

function serve(port: MessagePort, load: (given: Load) => Promise<Runner>): void {
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
