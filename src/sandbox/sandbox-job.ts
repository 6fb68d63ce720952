import { KilnError, aborted, toKilnError } from '../base/errors.ts';
import type { Cid } from '../base/cid.ts';
import { taskParameters } from '../job/split.ts';
import type { Manifest, Program } from '../protocol/manifest.ts';
import { type TaskOutcome, taskSeed } from '../protocol/task.ts';
import type { Guards } from './guards/guards.ts';
import { InputReader, type ReadInput } from './prepare/inputs.ts';
import { type EffectiveLimits, effectiveLimits } from '../job/limits.ts';
import { faultExit, type Load, type TaskInput } from './messages.ts';
import { onnxTaskContents, prepareOnnx } from './prepare/prepare-onnx.ts';
import { prepareWasi, wasiTask } from './prepare/prepare-wasi.ts';
import { prepareWgsl, wgslTaskContents } from './prepare/prepare-wgsl.ts';
import type { SlotRun } from './slots/slot.ts';

/** How a job reaches the guards and the slots of its kind. */
export interface JobSlots {
  readonly guards: Guards;
  run(run: SlotRun): Promise<TaskOutcome>;
  /** Tasks of this program come soon. */
  expect(load: Load): void;
  /** No more tasks of it come. */
  forget(load: Load): void;
}

/** How one task is run. */
export interface RunOptions {
  /** Stops the task at once, a reactor after its step; the call rejects with `base/aborted`. */
  readonly signal: AbortSignal;
  /** Told the finished part, 0 to 1, a few times a second; commands and models report none. */
  readonly onProgress?: (done: number) => void;
  /**
   * Told each chunk of a WASI reactor with the digest of the chain up to it, in order, a few at a time. Two runs of one
   * task differ first in the step whose digests differ first (docs/decisions/0007-reactor-chunks.md).
   */
  readonly onChunk?: (index: number, digestHex: string) => void;
  /**
   * Told each WASI call of the program as it was made, `path_open(3, "data/in.csv", O_CREAT) = 4`: the first 10,000 at
   * once, and at the end the last 32 and how many there were in between. For authors who look for a fault; a run is slower with it.
   */
  readonly onCalls?: (lines: readonly string[]) => void;
}

/** One job inside the sandbox. Its program was read, guarded and is compiled once per slot. */
export class SandboxJob {
  readonly #job: Cid;
  readonly #manifest: Manifest;
  readonly #inputs: InputReader;
  readonly #slots: JobSlots;
  readonly #load: Load | KilnError;
  readonly #life = new AbortController();

  private constructor(
    job: Cid,
    manifest: Manifest,
    inputs: InputReader,
    slots: JobSlots,
    load: Load | KilnError,
  ) {
    this.#job = job;
    this.#manifest = manifest;
    this.#inputs = inputs;
    this.#slots = slots;
    this.#load = load;
  }

  /** Reads and guards the job's program. What a guard refuses becomes the outcome of every task. */
  static async open(
    job: Cid,
    manifest: Manifest,
    readInput: ReadInput,
    slots: JobSlots,
  ): Promise<SandboxJob> {
    const inputs = new InputReader(readInput);
    const { program } = manifest;
    const limits = effectiveLimits(manifest.limits);
    let load: Load | KilnError;
    try {
      load = await prepare(program, limits, inputs, slots.guards);
      slots.expect(load);
    } catch (error) {
      load = refusalOf(error);
    }
    return new SandboxJob(job, manifest, inputs, slots, load);
  }

  /**
   * Waits for a slot and runs a task. What the guest does wrong is in the outcome's `exit`; rejects only with
   * `base/aborted`, `sandbox/not-started`, `sandbox/closed`, or what reading an input threw.
   */
  async run(task: number, { signal, onProgress, onChunk, onCalls }: RunOptions): Promise<TaskOutcome> {
    const load = this.#load;
    if (load instanceof KilnError) return refused(load);
    const stop = AbortSignal.any([signal, this.#life.signal]);
    if (stop.aborted) throw aborted(stop.reason);
    const parameters = taskParameters(this.#manifest.split, task);
    let input: TaskInput;
    try {
      input = await this.#taskInput(load, task, parameters);
    } catch (error) {
      return refused(refusalOf(error));
    }
    return this.#slots.run({ load, task: input, signal: stop, onProgress, onChunk, onCalls });
  }

  /** Stops the job's tasks and removes its warm slots. */
  close(): Promise<void> {
    this.#life.abort();
    if (!(this.#load instanceof KilnError)) this.#slots.forget(this.#load);
    return Promise.resolve();
  }

  async #taskInput(load: Load, task: number, parameters: TaskInput['parameters']): Promise<TaskInput> {
    const { program } = this.#manifest;
    if (load.kind === 'onnx') {
      const contents = await onnxTaskContents(load, parameters, this.#inputs);
      return { parameters, seed: NO_SEED, args: [], env: [], contents };
    }
    if (program.kind === 'onnx') throw new TypeError('The load is of another kind.');
    if (program.kind === 'wgsl') {
      const contents = await wgslTaskContents(program, parameters, this.#inputs);
      return { parameters, seed: NO_SEED, args: [], env: [], contents };
    }
    const needsSeed = load.kind === 'wasi' && load.needsSeed;
    const seed = needsSeed ? await taskSeed(this.#job, task) : NO_SEED;
    return { parameters, seed, ...wasiTask(program, parameters), contents: {} };
  }
}

const NO_SEED = new Uint8Array(0);

function prepare(
  program: Program,
  limits: EffectiveLimits,
  inputs: InputReader,
  guards: Guards,
): Promise<Load> {
  if (program.kind === 'wasi') return prepareWasi(program, limits, inputs, guards);
  if (program.kind === 'wgsl') return prepareWgsl(program, limits, inputs, guards);
  return prepareOnnx(program, limits, inputs, guards);
}

/** What is wrong with this device or page, and says nothing of the program. */
const HOST_FAULTS: ReadonlySet<string> = new Set(['sandbox/closed', 'sandbox/not-started']);

/** The error when it refuses the program itself; anything else is the host's fault and is thrown on. */
export function refusalOf(error: unknown): KilnError {
  const known = toKilnError(error);
  if (HOST_FAULTS.has(known.code)) throw known;
  if (known.code.startsWith('sandbox/') || known.code.startsWith('expression/')) return known;
  throw known;
}

/** The outcome of a run that was refused. The hint goes along: an exit is all that the job's author sees. */
export function refused({ message, hint }: KilnError): TaskOutcome {
  const words = hint === undefined ? message : `${message} ${hint}`;
  return { exit: faultExit('refused', words), outputs: [], wallMs: 0 };
}
