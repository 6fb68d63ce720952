import { type Bytes, equalBytes, ownBytes } from '../../../src/base/bytes.ts';
import type { Cid } from '../../../src/base/cid.ts';
import { aborted } from '../../../src/base/errors.ts';
import { type Clock, sleep } from '../../../src/base/time.ts';
import { type Lane, laneOfKind } from '../../../src/job/lanes.ts';
import { inputsOf } from '../../../src/job/inputs.ts';
import { jobCid } from '../../../src/job/manifest.ts';
import type { Manifest } from '../../../src/protocol/manifest.ts';
import type { JobKind } from '../../../src/protocol/primitives.ts';
import { type Exit, taskSeed, type TaskOutcome } from '../../../src/protocol/task.ts';
import type { ReadInput, SandboxJob, SandboxSlice } from '../../../src/provider/slices.ts';
import type { RequestorSandbox } from '../../../src/requestor/slices.ts';

/** How a sandbox behaves. */
export interface FakeSandboxOptions {
  readonly clock: Clock;
  /** @default 1 */
  readonly slots?: number;
  /** Duration of a task in the clock's time. @default 10 */
  readonly msPerTask?: number | ((task: number) => number);
  /** What it says a task took. @default the truth */
  readonly saidMsPerTask?: number;
  /** @default 1,000,000: one unit per second */
  readonly microUnitsPerSecond?: number;
  /** Size of each output. @default 32 */
  readonly outputBytes?: number;
  /** What this device delivers instead of the true bytes; the default delivers the truth. */
  readonly tamper?: (task: number, bytes: Bytes) => Bytes;
  /** How a task ends; without outputs unless `ok`. @default ok */
  readonly exit?: (task: number) => Exit;
  /** How a verifier ends on these bytes of one output. @default it knows the truth */
  readonly verifierExit?: (bytes: Bytes, isTrue: boolean) => Exit;
  /** The witness of a run that ended in a fault; none by default. */
  readonly witness?: (task: number) => Bytes;
}

/** A tamper for {@link FakeSandboxOptions}: other bytes for every task that the condition names, the same lie by everybody. */
export function lieAbout(isLie: (task: number) => boolean): (task: number, bytes: Bytes) => Bytes {
  return (task, bytes) => (isLie(task) ? bytes.map((byte) => byte ^ 0xff) : bytes);
}

/** The true bytes of an output of a task: a pure function of job and task. */
export async function trueOutput(job: Cid, task: number, outputBytes = 32): Promise<Bytes> {
  const seed = await taskSeed(job, task);
  return Uint8Array.from({ length: outputBytes }, (_, i) => seed[i % seed.length]! ^ (i >> 5));
}

/** Runs a pure function instead of guests: same interface, slots, aborts and input reads as the real sandbox. */
export class FakeSandbox implements SandboxSlice, RequestorSandbox {
  readonly #options: FakeSandboxOptions;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #slots: Readonly<Record<Lane, number>> | undefined;
  /** Share of time that the GPU may be kept busy, where one was set. */
  gpuDuty: number | undefined;
  /** Tasks started so far, and jobs open now. */
  started = 0;
  openJobs = 0;

  constructor(options: FakeSandboxOptions) {
    this.#options = options;
  }

  slots(kind: JobKind): number {
    return this.#slots?.[laneOfKind(kind)] ?? this.#options.slots ?? 1;
  }

  setSlots(cpu: number, gpu: number): void {
    this.#slots = { cpu, gpu };
    for (const next of this.#waiting.splice(0)) next();
  }

  setGpuDuty(share?: number): void {
    this.gpuDuty = share;
  }

  async benchmark(_kind: JobKind, signal?: AbortSignal): Promise<number> {
    if (signal?.aborted) throw aborted(signal.reason);
    return this.#options.microUnitsPerSecond ?? 1_000_000;
  }

  /** Reads every input once, as a program that uses them all would. */
  async openJob(job: Cid, manifest: Manifest, readInput: ReadInput): Promise<SandboxJob> {
    for (const input of inputsOf(manifest)) await readInput(input);
    this.openJobs++;
    return {
      run: (task, options) => this.#run(job, manifest, task, options),
      close: async () => void this.openJobs--,
    };
  }

  /** Knows the truth, as a verifier that computes it would. */
  async openVerifier(manifest: Manifest, readInput: ReadInput): ReturnType<RequestorSandbox['openVerifier']> {
    if (manifest.comparator.class === 'verifier') await readInput(manifest.comparator.module);
    const job = await jobCid(manifest);
    return {
      run: async (task, outputs, { signal }) => {
        if (signal.aborted) throw aborted(signal.reason);
        const truth = await trueOutput(job, task, this.#options.outputBytes);
        const isRight = outputs.every(({ bytes }) => equalBytes(bytes, truth));
        const known: Exit = isRight ? { kind: 'ok' } : { kind: 'exit-code', code: 1 };
        const exit = this.#options.verifierExit?.(outputs[0]!.bytes, isRight) ?? known;
        return { exit, outputs: [], wallMs: 1 };
      },
      close: async () => {},
    };
  }

  async #run(
    job: Cid,
    manifest: Manifest,
    task: number,
    { signal, onProgress }: Parameters<SandboxJob['run']>[1],
  ): Promise<TaskOutcome> {
    await this.#takeSlot(manifest.program.kind);
    try {
      if (signal.aborted) throw aborted(signal.reason);
      this.started++;
      const { clock, msPerTask = 10, saidMsPerTask } = this.#options;
      const wallMs = typeof msPerTask === 'number' ? msPerTask : msPerTask(task);
      await sleep(clock, wallMs / 2, signal);
      onProgress?.(0.5);
      await sleep(clock, wallMs / 2, signal);
      return { ...(await this.#outcome(job, manifest, task)), wallMs: saidMsPerTask ?? wallMs };
    } finally {
      this.#busy--;
      this.#waiting.shift()?.();
    }
  }

  async #outcome(job: Cid, manifest: Manifest, task: number): Promise<Omit<TaskOutcome, 'wallMs'>> {
    const { exit = () => ({ kind: 'ok' }), tamper = (_, bytes) => bytes, outputBytes } = this.#options;
    const ended: Exit = exit(task);
    const witness = this.#options.witness?.(task);
    if (ended.kind !== 'ok')
      return { exit: ended, outputs: [], ...(witness === undefined ? {} : { witness }) };
    const bytes = ownBytes(tamper(task, await trueOutput(job, task, outputBytes)));
    return { exit: ended, outputs: outputsOf(manifest).map((path) => ({ path, bytes })) };
  }

  async #takeSlot(kind: JobKind): Promise<void> {
    while (this.#busy >= this.slots(kind)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy++;
  }
}

function outputsOf({ program }: Manifest): string[] {
  return program.kind === 'wasi' ? [...program.outputs] : Object.keys(program.outputs);
}
