import { type Bytes, ownBytes, toHex } from '../../../base/bytes.ts';
import type { Cid } from '../../../base/cid.ts';
import { KilnError } from '../../../base/errors.ts';
import { MAX_INLINE_OUTPUT_BYTES } from '../../../protocol/constants.ts';
import type { Manifest } from '../../../protocol/manifest.ts';
import { type Exit, type Result, resultDigest, resultOf, type TaskOutcome } from '../../../protocol/task.ts';
import { isVote } from '../../../verification/policy/vote.ts';
import type { RequestorNetwork, RequestorSandbox } from '../../slices.ts';
import type { TryOut } from '../../view.ts';
import { type Judgement, OwnVerifier } from './own-verifier.ts';

type RunOptions = Parameters<Awaited<ReturnType<RequestorSandbox['openJob']>>['run']>[1];

/** Calls of a program that failed that are shown: enough to see what it was about. */
const LAST_CALLS = 16;
/** A failed run is made once more to see its calls when it took no longer than this, in milliseconds. */
const RETRACE_LIMIT_MS = 10_000;

/**
 * Runs tasks of one job on the requestor's own device, for the try-out and for audits, and its verifier. Opened at first
 * use.
 */
export class OwnDevice implements AsyncDisposable {
  readonly #job: Cid;
  readonly #manifest: Manifest;
  readonly #sandbox: RequestorSandbox;
  readonly #blobs: RequestorNetwork['blobs'];
  readonly #verifier: OwnVerifier;
  #opened: ReturnType<RequestorSandbox['openJob']> | undefined;

  constructor(job: Cid, manifest: Manifest, sandbox: RequestorSandbox, blobs: RequestorNetwork['blobs']) {
    this.#job = job;
    this.#manifest = manifest;
    this.#sandbox = sandbox;
    this.#blobs = blobs;
    this.#verifier = new OwnVerifier(manifest, sandbox, blobs);
  }

  /** Runs a task and measures its work in micro-units by this device's benchmark score. */
  async tryOut(task: number, signal: AbortSignal, onProgress?: (done: number) => void): Promise<TryOut> {
    const { kind } = this.#manifest.program;
    const outcome = await this.#run(task, { signal, ...(onProgress === undefined ? {} : { onProgress }) });
    const lastCalls = await this.#lastCalls(task, outcome, signal);
    const judgement = await this.#judge(task, outcome, signal);
    const score = await this.#sandbox.benchmark(kind, signal);
    return {
      task,
      wallMs: outcome.wallMs,
      microUnitsPerTask: Math.max(1, Math.round((outcome.wallMs / 1_000) * score)),
      exit: exitText(outcome.exit),
      outputs: outcome.outputs,
      complaint: new TextDecoder().decode(outcome.stderr),
      lastCalls,
      ...(judgement === undefined ? {} : { judgement }),
    };
  }

  /**
   * Has the job's verifier judge the outputs of a result that ended `ok`, with chance that nobody could foresee (see
   * {@link OwnVerifier}). For jobs whose comparator is of class `verifier` only.
   */
  verify(
    task: number,
    outputs: readonly { readonly path: string; readonly bytes: Bytes }[],
    signal: AbortSignal,
  ): Promise<Judgement> {
    return this.#verifier.verify(task, outputs, signal);
  }

  /** Runs a task as a provider would; throws `requestor/own-run-failed` when it gives no result here. */
  async recompute(
    task: number,
    signal: AbortSignal,
  ): Promise<{ result: Result; digest: string; inline: Record<string, Bytes> }> {
    const outcome = await this.#run(task, { signal });
    if (!isVote(outcome)) {
      throw new KilnError(
        'requestor/own-run-failed',
        `This device could not run task ${task + 1}: ${outcome.exit.kind}.`,
      );
    }
    const result = await resultOf(outcome);
    const total = result.outputs.reduce((sum, { bytes }) => sum + bytes, 0);
    const isSmall = total <= MAX_INLINE_OUTPUT_BYTES;
    if (!isSmall) for (const { bytes } of outcome.outputs) await this.#blobs.put(bytes);
    const inline = isSmall
      ? Object.fromEntries(outcome.outputs.map(({ path, bytes }) => [path, ownBytes(bytes)]))
      : {};
    return { result, digest: toHex(await resultDigest(result)), inline };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    // What could not be opened, or closes badly, must not keep the job from ending.
    await opened?.then((job) => job.close()).catch(() => {});
    await this.#verifier[Symbol.asyncDispose]();
  }

  /** What the job's verifier says of a result of this device; undefined where there is none, or nothing to verify. */
  async #judge(
    task: number,
    { exit, outputs }: TaskOutcome,
    signal: AbortSignal,
  ): Promise<Judgement | undefined> {
    if (this.#manifest.comparator.class !== 'verifier' || exit.kind !== 'ok') return undefined;
    return this.verify(task, outputs, signal);
  }

  /** Runs a WASI program that failed again, with its calls written down: the same run comes to the same end. */
  async #lastCalls(
    task: number,
    { exit, wallMs }: TaskOutcome,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const isFault = exit.kind === 'trap' || exit.kind === 'exit-code' || exit.kind === 'fuel';
    if (this.#manifest.program.kind !== 'wasi' || !isFault || wallMs > RETRACE_LIMIT_MS) return [];
    let calls: readonly string[] = [];
    await this.#run(task, { signal, onCalls: (lines) => (calls = [...calls, ...lines].slice(-LAST_CALLS)) });
    return calls;
  }

  async #run(task: number, options: RunOptions): Promise<TaskOutcome> {
    return (await this.#open()).run(task, options);
  }

  /** The job, opened once; what failed is tried again at the next use. */
  #open(): ReturnType<RequestorSandbox['openJob']> {
    if (this.#opened !== undefined) return this.#opened;
    const opening = this.#sandbox.openJob(this.#job, this.#manifest, (input, range) =>
      this.#blobs.get(input.cid, { holders: [], ...(range === undefined ? {} : { range }) }),
    );
    this.#opened = opening;
    opening.catch(() => {
      if (this.#opened === opening) this.#opened = undefined;
    });
    return opening;
  }
}

function exitText(exit: Exit): string {
  if (exit.kind === 'exit-code') return `exit code ${exit.code}`;
  return 'message' in exit ? `${exit.kind}: ${exit.message}` : exit.kind;
}
