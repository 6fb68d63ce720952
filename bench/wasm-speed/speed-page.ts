import type { Bytes } from '../../src/base/bytes.ts';
import { fromUtf8 } from '../../src/base/bytes.ts';
import { manifestOf, TestBlobs } from '../../src/sandbox/fixtures/manifests.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import type { TimedRun } from './native-program.ts';

/*
 * The part of the bench that runs in the page.
 */

const never = new AbortController().signal;
/** Time for the sandbox's spare frame to start: a page that lends its cores has one waiting. */
const SPARE_READY_MS = 1_000;
/** More than any of the programs needs. */
const LIMITS = { fuel: 2e12, wallMs: 600_000 };

/** One program and its command line, the program as base64. */
export interface SpeedTask {
  readonly program: string;
  readonly args: readonly string[];
}

/** From a program's bytes to its output in a sandbox that never saw it: guard, compile, warm up, run. */
export async function runInSandbox({ program, args }: SpeedTask): Promise<TimedRun> {
  await using sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 0, pageUrl: '/sandbox.html' });
  // A program that is wrong on purpose: it only makes the sandbox start its frames.
  await runTask(sandbox, decode(program), []);
  await new Promise((resolve) => setTimeout(resolve, SPARE_READY_MS));
  const bytes = decode(program);
  const startedMs = performance.now();
  const printed = await runTask(sandbox, bytes, args);
  return { ms: performance.now() - startedMs, printed };
}

async function runTask(sandbox: Sandbox, program: Bytes, args: readonly string[]): Promise<string> {
  const blobs = new TestBlobs();
  const module = await blobs.put(program);
  const manifest = manifestOf(
    { kind: 'wasi', module, args: ['program', ...args], env: {}, files: {}, outputs: ['stdout'] },
    LIMITS,
  );
  const job = await sandbox.openJob(module.cid, manifest, blobs.read);
  const { exit, outputs } = await job.run(0, { signal: never });
  await job.close();
  if (args.length > 0 && exit.kind !== 'ok') throw new Error(JSON.stringify(exit));
  return fromUtf8(outputs[0]?.bytes ?? new Uint8Array(0));
}

/** The same in a plain worker that has started: the first call of `_start`, and a second one of a fresh instance. */
export async function runBare(worker: string, { program, args }: SpeedTask): Promise<[TimedRun, TimedRun]> {
  const url = URL.createObjectURL(new Blob([worker], { type: 'text/javascript' }));
  const plain = new Worker(url);
  const ask = (message: unknown) =>
    new Promise<string>((resolve, reject) => {
      plain.onmessage = ({ data }) => resolve(String(data));
      plain.onerror = ({ message }) => reject(new Error(message));
      plain.postMessage(message);
    });
  const timed = async (message: unknown): Promise<TimedRun> => {
    const startedMs = performance.now();
    const printed = await ask(message);
    return { ms: performance.now() - startedMs, printed };
  };
  await ask('ready?');
  const line = ['program', ...args];
  const first = await timed({ bytes: decode(program), args: line });
  const second = await timed({ args: line });
  plain.terminate();
  URL.revokeObjectURL(url);
  return [first, second];
}

function decode(base64: string): Bytes {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
