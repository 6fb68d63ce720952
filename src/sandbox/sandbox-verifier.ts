import type { Bytes } from '../base/bytes.ts';
import { aborted, KilnError } from '../base/errors.ts';
import type { EffectiveLimits } from '../job/limits.ts';
import { taskParameters } from '../job/split.ts';
import type { Manifest } from '../protocol/manifest.ts';
import type { TaskOutcome } from '../protocol/task.ts';
import type { WasiLoad } from './messages.ts';
import { InputReader, type ReadInput } from './prepare/inputs.ts';
import { prepareVerifier, verifierTask } from './prepare/prepare-verifier.ts';
import { type JobSlots, refusalOf, refused } from './sandbox-job.ts';

/** How one result is verified. */
export interface VerifyOptions {
  /** Stops the verifier at once; the call rejects with `base/aborted`. */
  readonly signal: AbortSignal;
  /** 32 bytes of which the verifier's `random_get` is made: drawn after the result was committed to. */
  readonly seed: Bytes;
  /** Longest time it may take, in milliseconds, within the verifier's limits. @default those */
  readonly wallMs?: number;
}

/** The verifier program of one job: read, guarded, compiled once per slot, a fresh instance for each result. */
export class SandboxVerifier {
  readonly #manifest: Manifest;
  readonly #inputs: InputReader;
  readonly #slots: JobSlots;
  readonly #load: WasiLoad | KilnError;
  readonly #life = new AbortController();

  private constructor(manifest: Manifest, inputs: InputReader, slots: JobSlots, load: WasiLoad | KilnError) {
    this.#manifest = manifest;
    this.#inputs = inputs;
    this.#slots = slots;
    this.#load = load;
  }

  /** Reads and guards the verifier. What a guard refuses becomes the outcome of every run. */
  static async open(
    manifest: Manifest,
    readInput: ReadInput,
    slots: JobSlots,
    limits: EffectiveLimits,
  ): Promise<SandboxVerifier> {
    const inputs = new InputReader(readInput);
    const load = await prepareVerifier(manifest, limits, inputs, slots.guards).catch(refusalOf);
    return new SandboxVerifier(manifest, inputs, slots, load);
  }

  /**
   * Waits for a slot and runs the verifier on one result of a task. Its exit is what it says: `ok` for right, exit code 1
   * for wrong; any other end says nothing. Rejects as {@link SandboxJob.run} does.
   */
  async run(
    task: number,
    outputs: readonly { readonly path: string; readonly bytes: Bytes }[],
    { signal, seed, wallMs }: VerifyOptions,
  ): Promise<TaskOutcome> {
    const load = this.#load;
    if (load instanceof KilnError) return refused(load);
    const stop = AbortSignal.any([signal, this.#life.signal]);
    if (stop.aborted) throw aborted(stop.reason);
    const parameters = taskParameters(this.#manifest.split, task);
    const input = await verifierTask(this.#manifest, parameters, outputs, seed, this.#inputs).catch(
      refusalOf,
    );
    if (input instanceof KilnError) return refused(input);
    return this.#slots.run({ load, task: input, signal: stop, wallMs });
  }

  /** Stops what runs and removes the warm slots. */
  close(): Promise<void> {
    this.#life.abort();
    if (!(this.#load instanceof KilnError)) this.#slots.forget(this.#load);
    return Promise.resolve();
  }
}
