import { type Bytes, ownBytes } from '../../base/bytes.ts';
import type { Cid } from '../../base/cid.ts';
import { KilnError } from '../../base/errors.ts';
import { type Clock, sleep } from '../../base/time.ts';
import { MAX_INLINE_OUTPUT_BYTES } from '../../protocol/constants.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { Result } from '../../protocol/task.ts';
import type { Revealed } from '../../protocol/work.ts';
import { checkInlineOutputs, checkReveal } from '../../verification/check-reveal.ts';
import { toHex } from '../../base/bytes.ts';
import { REVEAL_TIMEOUT_MS } from '../constants.ts';

/** Where a delivered result came from. */
export interface Origin {
  readonly lease: string;
  readonly task: number;
}

interface Entry {
  readonly result: Result;
  readonly inline: Record<string, Bytes>;
}

/** What the desk needs to get at bytes. */
export interface ResultDeskActions {
  /** Asks the replica's provider to reveal again, with its bytes. */
  readonly askBytes: (origin: Origin) => void;
  /** Fetches one output from the replica's provider, or wherever it is. */
  readonly fetchOutput: (origin: Origin, cid: Cid, bytes: number) => Promise<Bytes>;
}

/** Commitments, and the results revealed for them, until their task has its verdict. */
export class ResultDesk {
  readonly #job: Cid;
  /** The job's clock. */
  readonly clock: Clock;
  readonly #actions: ResultDeskActions;
  readonly #commitments = new Map<string, Uint8Array>();
  readonly #entries = new Map<string, Entry>();
  readonly #waiters = new Map<string, () => void>();

  constructor(job: Cid, clock: Clock, actions: ResultDeskActions) {
    this.#job = job;
    this.clock = clock;
    this.#actions = actions;
  }

  /** Notes a commitment; a second, different one is ignored: the first word counts. */
  commit(origin: Origin, commitment: Uint8Array): void {
    const key = keyOf(origin);
    if (!this.#commitments.has(key)) this.#commitments.set(key, commitment);
  }

  /** Checks a revealed result against its commitment and keeps it; resolves with its hex digest, throws when it lies. */
  async reveal(origin: Origin, provider: PeerId, { nonce, result, inline }: Revealed): Promise<string> {
    const key = keyOf(origin);
    const commitment = this.#commitments.get(key);
    if (commitment === undefined) {
      throw new KilnError('verification/not-committed', 'A result came before its commitment.', {
        data: { task: origin.task },
      });
    }
    const digest = await checkReveal({
      job: this.#job,
      task: origin.task,
      provider,
      nonce,
      result,
      commitment,
    });
    await checkInlineOutputs(result, inline);
    const own = Object.fromEntries(Object.entries(inline).map(([path, bytes]) => [path, ownBytes(bytes)]));
    this.#entries.set(key, { result, inline: { ...this.#entries.get(key)?.inline, ...own } });
    this.#waiters.get(key)?.();
    return toHex(digest);
  }

  /** The requestor's own result, by an origin of its own. */
  addOwn(origin: Origin, result: Result, inline: Record<string, Bytes>): void {
    this.#entries.set(keyOf(origin), { result, inline });
  }

  /** The statement of a revealed result. */
  resultOf(origin: Origin): Result | undefined {
    return this.#entries.get(keyOf(origin))?.result;
  }

  /** Are the bytes of this result here, or did it reveal none that are missing? */
  hasBytes(origin: Origin): boolean {
    const entry = this.#entries.get(keyOf(origin));
    return entry !== undefined && entry.result.outputs.every(({ path }) => Object.hasOwn(entry.inline, path));
  }

  /**
   * Small outputs by path, and large ones as blobs in the store: afterwards the result can be kept. Asks its provider
   * for what is missing; throws when it does not come in time.
   */
  async gather(origin: Origin): Promise<{ readonly result: Result; readonly inline: Record<string, Bytes> }> {
    const key = keyOf(origin);
    const entry = this.#entries.get(key);
    if (entry === undefined)
      throw new KilnError('verification/no-result', 'This result is not here.', {
        data: { task: origin.task },
      });
    const total = entry.result.outputs.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total > MAX_INLINE_OUTPUT_BYTES) {
      await Promise.all(
        entry.result.outputs.map(({ cid, bytes }) => this.#actions.fetchOutput(origin, cid, bytes)),
      );
      return { result: entry.result, inline: {} };
    }
    if (!this.hasBytes(origin)) {
      this.#actions.askBytes(origin);
      await this.#waitFor(key);
      if (!this.hasBytes(origin)) throw noBytes();
    }
    return { result: entry.result, inline: this.#entries.get(key)?.inline ?? entry.inline };
  }

  /** All outputs with their bytes, for comparison. */
  async outputs(origin: Origin): Promise<{ path: string; bytes: Bytes }[]> {
    const { result, inline } = await this.gather(origin);
    return Promise.all(
      result.outputs.map(async ({ path, cid, bytes }) => ({
        path,
        bytes: inline[path] ?? (await this.#actions.fetchOutput(origin, cid, bytes)),
      })),
    );
  }

  /** Forgets a replica of a task. */
  forget(origin: Origin): void {
    const key = keyOf(origin);
    this.#commitments.delete(key);
    this.#entries.delete(key);
    this.#waiters.delete(key);
  }

  async #waitFor(key: string): Promise<void> {
    const stop = new AbortController();
    const arrived = new Promise<void>((resolve) => this.#waiters.set(key, resolve));
    const timeout = sleep(this.clock, REVEAL_TIMEOUT_MS, stop.signal).then(
      () => {
        throw noBytes();
      },
      () => {},
    );
    await Promise.race([arrived, timeout]).finally(() => stop.abort());
  }
}

function noBytes(): KilnError {
  return new KilnError('verification/no-bytes', 'The provider did not send the bytes of its result.');
}

function keyOf({ lease, task }: Origin): string {
  return `${lease}/${task}`;
}
