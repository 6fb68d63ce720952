import { type Bytes, toHex } from '../../../base/bytes.ts';
import { VERIFIER_LIMITS } from '../../../job/limits.ts';
import type { Manifest } from '../../../protocol/manifest.ts';
import type { TaskOutcome } from '../../../protocol/task.ts';
import type { RequestorNetwork, RequestorSandbox } from '../../slices.ts';
import { VerifierPace } from './verifier-pace.ts';

/** What a job's verifier said of one result, or why it said nothing. */
export interface Judgement {
  readonly outcome: 'right' | 'wrong' | 'inconclusive';
  /** For people: what the verifier wrote to standard error first, or how it ended. */
  readonly reason?: string;
  /** Lower-case hex of the 32 bytes that its chance was made of: with them, anyone can repeat the check. */
  readonly seed: string;
  /** Wall time of the verifier's run, in milliseconds. */
  readonly wallMs: number;
}

const SEED_BYTES = 32;
/** Exit code by which a verifier says that a result is wrong. */
const WRONG_EXIT_CODE = 1;
/** Longest reason that is passed on. */
const MAX_REASON_CHARS = 200;

/** Runs a job's verifier on the requestor's own device. Opened at first use. */
export class OwnVerifier implements AsyncDisposable {
  readonly #manifest: Manifest;
  readonly #sandbox: RequestorSandbox;
  readonly #blobs: RequestorNetwork['blobs'];
  readonly #pace = new VerifierPace();
  #opened: ReturnType<RequestorSandbox['openVerifier']> | undefined;

  constructor(manifest: Manifest, sandbox: RequestorSandbox, blobs: RequestorNetwork['blobs']) {
    this.#manifest = manifest;
    this.#sandbox = sandbox;
    this.#blobs = blobs;
  }

  /**
   * Says whether these are right outputs of a task that ended `ok`. Its chance is drawn anew for each call: call it after
   * the result was revealed, so that nobody could prepare a wrong result that happens to pass. Rejects with
   * `base/aborted`, or what reading an input threw.
   */
  async verify(
    task: number,
    outputs: readonly { readonly path: string; readonly bytes: Bytes }[],
    signal: AbortSignal,
  ): Promise<Judgement> {
    const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
    const verifier = await this.#open();
    const run = (wallMs: number) => verifier.run(task, outputs, { signal, seed, wallMs });
    this.#pace.begin();
    const { limitMs } = this.#pace;
    let outcome = await run(limitMs);
    if (outcome.exit.kind === 'timeout' && this.#pace.takeSecondLook(limitMs))
      outcome = await run(VERIFIER_LIMITS.wallMs);
    const judged = judge(outcome);
    if (judged.outcome === 'right') this.#pace.learn(outcome.wallMs);
    return { ...judged, seed: toHex(seed), wallMs: outcome.wallMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    // What could not be opened, or closes badly, must not keep the job from ending.
    await opened?.then((verifier) => verifier.close()).catch(() => {});
  }

  /** The verifier, opened once; what failed is tried again at the next use. */
  #open(): ReturnType<RequestorSandbox['openVerifier']> {
    if (this.#opened !== undefined) return this.#opened;
    const opening = this.#sandbox.openVerifier(this.#manifest, (input, range) =>
      this.#blobs.get(input.cid, { holders: [], ...(range === undefined ? {} : { range }) }),
    );
    this.#opened = opening;
    opening.catch(() => {
      if (this.#opened === opening) this.#opened = undefined;
    });
    return opening;
  }
}

/** What the end of a verifier's run means: only a clean "right" or "wrong" counts. */
function judge({ exit, stderr }: TaskOutcome): Omit<Judgement, 'seed' | 'wallMs'> {
  const said = firstLine(stderr);
  if (exit.kind === 'ok') return { outcome: 'right', ...(said === '' ? {} : { reason: said }) };
  if (exit.kind === 'exit-code' && exit.code === WRONG_EXIT_CODE)
    return { outcome: 'wrong', reason: said || 'the verifier says that it is wrong' };
  const end = exit.kind === 'exit-code' ? `exit code ${exit.code}` : `${exit.kind}: ${exit.message}`;
  const reason = `the verifier ended with ${end}${said === '' ? '' : ` (${said})`}`;
  return { outcome: 'inconclusive', reason: reason.slice(0, MAX_REASON_CHARS) };
}

/** The first line of what was written, as plain text: a stranger's program wrote it. */
function firstLine(stderr: Bytes | undefined): string {
  const [line = ''] = new TextDecoder().decode(stderr).split('\n', 1);
  return line.replaceAll(/\p{C}/gu, '').trim().slice(0, MAX_REASON_CHARS);
}
