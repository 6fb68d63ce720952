import { type Bytes, ownBytes } from '../../base/bytes.ts';
import { toKilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import { encode } from '../../protocol/codec.ts';
import {
  MAX_COMMIT_ENTRIES,
  MAX_INLINE_OUTPUT_BYTES,
  MAX_REASON_CHARS,
  MAX_TASKS_PER_LEASE,
  PROGRESS_INTERVAL_MS,
} from '../../protocol/constants.ts';
import { seal } from '../../protocol/envelope.ts';
import type { Identity } from '../../protocol/identity.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import { commitment, resultDigest, resultOf, type TaskOutcome } from '../../protocol/task.ts';
import type { Commit, Revealed, WorkUp } from '../../protocol/work.ts';
import { isVote } from '../../verification/policy/vote.ts';
import {
  COMMIT_BATCH_MS,
  MAX_UNDERSTATEMENT,
  RESULT_FRAME_BYTES,
  TASKS_PER_SLOT,
  UNDERSTATEMENT_SAMPLE_TASKS,
} from '../constants.ts';
import type { LeaseBook, Place } from './lease-book.ts';
import type { BlobSlice, SandboxJob } from '../slices.ts';
import type { RunningTask } from '../view.ts';

/** What the pump is connected to. */
export interface TaskPumpInit {
  /** Name of the agreement that counts now. */
  readonly digest: () => string;
  readonly agreement: Agreement;
  readonly identity: Identity;
  readonly book: LeaseBook;
  readonly sandboxJob: SandboxJob;
  readonly blobs: BlobSlice;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly width: () => number;
  readonly microUnitsPerSecond: number;
  readonly canStart: () => boolean;
  readonly send: (message: WorkUp) => void;
  readonly onDrain: (reason: string) => void;
  readonly onChange: () => void;
}

interface Run extends Place {
  readonly abort: AbortController;
  done: number;
  toldAtMs: number;
}

/** Moves tasks from the lease book through the sandbox and their commitments and results to the requestor. */
export class TaskPump {
  readonly #init: TaskPumpInit;
  readonly #runs = new Set<Run>();
  readonly #pendingCommits = new Map<string, { entries: Commit['entries']; wallMs: number }>();
  #commitTimer: (() => void) | undefined;
  #lastCommitAtMs = 0;
  #finishedTasks = 0;
  #spentMs = 0;

  constructor(init: TaskPumpInit) {
    this.#init = init;
  }

  /** Tasks that run now. Some more wait in the sandbox for the slot that becomes free next. */
  running(): readonly RunningTask[] {
    return [...this.#runs]
      .slice(0, Math.ceil(this.#init.width() / TASKS_PER_SLOT))
      .map(({ task, done }) => ({ job: this.#init.agreement.job, task, done }));
  }

  /** Starts as many waiting tasks as the sandbox takes and the credit limit allows. */
  pump(): void {
    const { book, width, canStart, signal } = this.#init;
    while (!signal.aborted && this.#runs.size < width() && book.queuedCount > 0 && canStart()) {
      const place = book.takeNext();
      if (place === undefined) return;
      void this.#run(place);
    }
  }

  /** Stops the tasks of a lease and forgets it; the result is the number of results that had been handed over. */
  cancel(lease: string): number {
    for (const run of this.#runs) if (run.lease === lease) run.abort.abort();
    return this.#init.book.cancel(lease);
  }

  /** Sends the results asked for, once they are written down: `store` is given their number. */
  async reveal(
    lease: string,
    tasks: readonly number[],
    withBytes: boolean,
    store: (tasks: number) => Promise<void>,
  ): Promise<void> {
    const entries = this.#init.book.reveal(lease, tasks);
    await store(entries.length);
    for (const frame of cutFrames(entries, withBytes))
      this.#init.send({ type: 'results', lease, entries: frame });
  }

  /** Commits again to everything finished and unsettled, after a broken stream. */
  async recommit(): Promise<void> {
    for (const [lease, results] of this.#init.book.committed()) {
      const entries = await Promise.all(results.map((revealed) => this.#commitEntry(revealed)));
      this.#sendCommit(lease, entries, 0);
    }
  }

  async #run(place: Place): Promise<void> {
    const { book, clock, signal, sandboxJob, onChange } = this.#init;
    const run: Run = { ...place, abort: new AbortController(), done: 0, toldAtMs: clock.now() };
    this.#runs.add(run);
    try {
      const outcome = await sandboxJob.run(place.task, {
        signal: AbortSignal.any([signal, run.abort.signal]),
        onProgress: (done) => this.#progress(run, done),
      });
      this.#runs.delete(run);
      this.pump();
      if (isVote(outcome)) await this.#finish(place, outcome);
      else if (book.fail(place))
        this.#sendFailed(
          place,
          `${outcome.exit.kind}: ${'message' in outcome.exit ? outcome.exit.message : ''}`,
        );
    } catch (error) {
      this.#runs.delete(run);
      if (book.fail(place)) this.#sendFailed(place, toKilnError(error).message);
    } finally {
      this.pump();
      onChange();
    }
  }

  async #finish(place: Place, outcome: TaskOutcome): Promise<void> {
    const result = await resultOf(outcome);
    const inline = await this.#keepOutputs(outcome);
    const nonce = crypto.getRandomValues(new Uint8Array(16));
    if (!this.#init.book.finish(place, { nonce, result, inline })) return;
    const entry = await this.#commitEntry({ task: place.task, nonce, result, inline });
    this.#watchEarnings(outcome.wallMs);
    this.#queueCommit(place.lease, entry, outcome.wallMs);
  }

  /** Small outputs travel in the result; the rest is stored, and fetched from here by CID. */
  async #keepOutputs(outcome: TaskOutcome): Promise<Record<string, Bytes>> {
    const total = outcome.outputs.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    if (total <= MAX_INLINE_OUTPUT_BYTES) {
      return Object.fromEntries(outcome.outputs.map(({ path, bytes }) => [path, ownBytes(bytes)]));
    }
    for (const { bytes } of outcome.outputs) await this.#init.blobs.put(bytes);
    return {};
  }

  async #commitEntry({ task, nonce, result }: Revealed): Promise<Commit['entries'][number]> {
    const digest = await resultDigest(result);
    const { agreement, identity } = this.#init;
    return { task, commitment: await commitment(agreement.job, task, identity.peer, nonce, digest) };
  }

  #queueCommit(lease: string, entry: Commit['entries'][number], wallMs: number): void {
    const pending = this.#pendingCommits.get(lease) ?? { entries: [], wallMs: 0 };
    pending.entries.push(entry);
    pending.wallMs += wallMs;
    this.#pendingCommits.set(lease, pending);
    const isLeaseDone = !this.#init.book.isOpen(lease);
    const waitedMs = this.#init.clock.now() - this.#lastCommitAtMs;
    if (isLeaseDone || waitedMs >= COMMIT_BATCH_MS) return this.#flushCommits();
    this.#commitTimer ??= this.#init.clock.after(COMMIT_BATCH_MS - waitedMs, () => this.#flushCommits());
  }

  #flushCommits(): void {
    this.#commitTimer?.();
    this.#commitTimer = undefined;
    this.#lastCommitAtMs = this.#init.clock.now();
    for (const [lease, { entries, wallMs }] of this.#pendingCommits) this.#sendCommit(lease, entries, wallMs);
    this.#pendingCommits.clear();
  }

  #sendCommit(lease: string, entries: Commit['entries'], wallMs: number): void {
    const { digest, identity, send } = this.#init;
    for (let i = 0; i < entries.length; i += MAX_COMMIT_ENTRIES) {
      const some = entries.slice(i, i + MAX_COMMIT_ENTRIES);
      const commit = seal(identity, 'kiln/commit/1', { agreement: digest(), lease, entries: some });
      send({ type: 'commit', commit, wallMs: (wallMs * some.length) / entries.length });
    }
  }

  #sendFailed({ lease, task }: Place, reason: string): void {
    this.#init.send({ type: 'failed', lease, tasks: [task], reason: reason.slice(0, MAX_REASON_CHARS) });
  }

  #progress(run: Run, done: number): void {
    run.done = Math.min(1, Math.max(0, done));
    const nowMs = this.#init.clock.now();
    if (nowMs - run.toldAtMs < PROGRESS_INTERVAL_MS) return;
    run.toldAtMs = nowMs;
    this.#init.send({ type: 'progress', lease: run.lease, task: run.task, done: run.done });
    this.#init.onChange();
  }

  /** Leaves a job that takes many times the work it states (design: price). */
  #watchEarnings(wallMs: number): void {
    this.#finishedTasks++;
    this.#spentMs += wallMs;
    if (this.#finishedTasks < UNDERSTATEMENT_SAMPLE_TASKS) return;
    const done = (this.#spentMs / 1_000) * this.#init.microUnitsPerSecond;
    const stated = this.#finishedTasks * this.#init.agreement.microUnitsPerTask;
    if (done > stated * MAX_UNDERSTATEMENT) {
      this.#init.onDrain(`A task takes ${Math.round(done / stated)} times the work that this job states.`);
    }
  }
}

/** Results cut so that every frame stays within its limit. */
function cutFrames(entries: readonly Revealed[], withBytes: boolean): Revealed[][] {
  const frames: Revealed[][] = [];
  let frame: Revealed[] = [];
  let size = 0;
  for (const entry of entries) {
    const sent = withBytes ? entry : { ...entry, inline: {} };
    const bytes = encode(sent).byteLength;
    if (frame.length > 0 && (size + bytes > RESULT_FRAME_BYTES || frame.length >= MAX_TASKS_PER_LEASE)) {
      frames.push(frame);
      frame = [];
      size = 0;
    }
    frame.push(sent);
    size += bytes;
  }
  if (frame.length > 0) frames.push(frame);
  return frames;
}
