import { type FromGuest, type GuestOutcome, type Load, type TaskInput, type ToGuest } from '../messages.ts';
import { gpuDuty } from './duty-cycle.ts';
import { HostTurns } from './host-turns.ts';
import { nameFault } from './name-trap.ts';
import { type Runner, Stopped } from './runner.ts';

/** `progress` messages come at most this often, so that a fast program does not flood its host. */
const PROGRESS_INTERVAL_MS = 100;

/**
 * What every guest worker does: waits for the one message with the host's port, then loads a program and runs its
 * tasks. Everything after that message travels over the port.
 */
export function serveHost(load: (given: Load) => Promise<Runner>): void {
  self.addEventListener('message', (event: MessageEvent) => serve(event.ports[0]!, load), { once: true });
}

/** The run under way. */
interface Current {
  readonly id: number;
  readonly turns: HostTurns;
}

function serve(port: MessagePort, load: (given: Load) => Promise<Runner>): void {
  let runner: Promise<Runner> = Promise.reject(new Error('Nothing is loaded.'));
  runner.catch(() => undefined);
  let current: Current | undefined;
  port.addEventListener('message', ({ data }: MessageEvent<ToGuest>) => {
    if (data.type === 'load') {
      runner = load(data.load);
      // A failed load is told by each run that waits for it.
      runner.catch(() => undefined);
    } else if (data.type === 'run') {
      current = { id: data.id, turns: openTurns(port, data) };
      void run(port, runner, current, data.task);
    } else if (data.type === 'gpu-duty') gpuDuty.setShare(data.share);
    else if (data.type === 'pause') current?.turns.pause(data.isPaused);
    else if (data.id === current?.id) current.turns.stop();
  });
  port.start();
  port.postMessage({ type: 'ready' } satisfies FromGuest);
}

function openTurns(
  port: MessagePort,
  { id, tellsChunks, tellsCalls }: Extract<ToGuest, { type: 'run' }>,
): HostTurns {
  let toldMs = performance.now();
  return new HostTurns({
    onProgress(done) {
      if (performance.now() - toldMs < PROGRESS_INTERVAL_MS) return;
      toldMs = performance.now();
      port.postMessage({ type: 'progress', id, done } satisfies FromGuest);
    },
    onChunks(first, digests) {
      if (!tellsChunks || digests.length === 0) return;
      port.postMessage({ type: 'chunks', id, first, digests } satisfies FromGuest);
    },
    onCalls: tellsCalls
      ? (lines) => port.postMessage({ type: 'calls', id, lines } satisfies FromGuest)
      : undefined,
  });
}

async function run(
  port: MessagePort,
  runner: Promise<Runner>,
  { id, turns }: Current,
  task: TaskInput,
): Promise<void> {
  let startedMs = performance.now();
  const wallMs = () => Math.max(0, performance.now() - startedMs - turns.leftOutMs);
  let outcome: GuestOutcome;
  try {
    const loaded = await runner;
    startedMs = performance.now();
    const result = await loaded.run(task, turns.onProgress, turns);
    const outputs = [...result.outputs].sort((a, b) => (a.path < b.path ? -1 : 1));
    outcome = { ...result, outputs, wallMs: wallMs() };
  } catch (thrown) {
    if (thrown instanceof Stopped) return port.postMessage({ type: 'stopped', id } satisfies FromGuest);
    outcome = { exit: nameFault(thrown), outputs: [], wallMs: wallMs() };
  } finally {
    turns.close();
  }
  port.postMessage(
    { type: 'done', id, outcome } satisfies FromGuest,
    outcome.outputs.map(({ bytes }) => bytes.buffer),
  );
}
