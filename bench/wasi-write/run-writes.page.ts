import { manifestOf, TestBlobs } from '../../src/sandbox/fixtures/manifests.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import type { SandboxJob } from '../../src/sandbox/sandbox-job.ts';

/*
 * The part of the bench that runs in the page: a sandbox with one warm slot for each program.
 */

const blobs = new TestBlobs();
const never = new AbortController().signal;
const jobs: SandboxJob[] = [];
/** Runs after which a slot is warm. */
const WARM_RUNS = 3;

/** Opens a program in a sandbox of its own and warms it up; the number to time it by. */
export async function open(program: string): Promise<number> {
  const sandbox = createSandbox({ cpuSlots: 1, gpuSlots: 0, pageUrl: '/sandbox.html' });
  const module = await blobs.put(Uint8Array.from(atob(program), (char) => char.charCodeAt(0)));
  const job = await sandbox.openJob(
    module.cid,
    // The file is written and not read back: moving it out of the sandbox is another bench's.
    manifestOf({ kind: 'wasi', module, args: ['write'], env: {}, files: {}, outputs: ['stdout'] }),
    blobs.read,
  );
  jobs.push(job);
  for (let i = 0; i < WARM_RUNS; i++) await time(jobs.length - 1);
  return jobs.length - 1;
}

/** Milliseconds of one run, the way to the slot and back included. */
export async function time(number: number): Promise<number> {
  const startedMs = performance.now();
  const { exit } = await jobs[number]!.run(0, { signal: never });
  if (exit.kind !== 'ok') throw new Error(`The program ended with ${JSON.stringify(exit)}.`);
  return performance.now() - startedMs;
}
