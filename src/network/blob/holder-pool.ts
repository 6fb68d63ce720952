import { KilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import { BLOB } from '../../protocol/blob.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { PeerAddress } from '../streams/streams.ts';
import type { BlobStreams } from './blob-types.ts';
import type { SessionSource } from './fetch-pieces.ts';
import { HolderSession } from './holder-session.ts';
import { untilAborted } from './until-aborted.ts';

/** A holder that lied is not asked again for this long. */
const BAN_MS = 10 * 60_000;
/** A stream that nobody used for this long is closed. */
const IDLE_MS = 60_000;
/** Liars remembered. */
const MAX_BANNED = 1_000;

interface Entry {
  readonly opening: Promise<HolderSession>;
  session: HolderSession | undefined;
}

/** One long-lived blob stream per holder, opened when first needed. */
export class HolderPool implements SessionSource, AsyncDisposable {
  readonly #streams: BlobStreams;
  readonly #clock: Clock;
  readonly #sessions = new Map<PeerId, Entry>();
  readonly #closing = new AbortController();
  readonly #bannedUntilMs = new Map<PeerId, number>();
  readonly #idleChecks = new Map<PeerId, () => void>();

  constructor(streams: BlobStreams, clock: Clock) {
    this.#streams = streams;
    this.#clock = clock;
  }

  /** The open session to a holder, or a new one. Callers share it, so only its waiting ends with the signal. */
  async session(holder: PeerAddress, signal: AbortSignal): Promise<HolderSession> {
    if ((this.#bannedUntilMs.get(holder.peer) ?? 0) > this.#clock.now()) throw banned(holder.peer);
    const known = this.#sessions.get(holder.peer);
    const isAlive = known !== undefined && known.session?.isOver !== true;
    return untilAborted(isAlive ? known.opening : this.#open(holder), signal);
  }

  ban(holder: PeerAddress): void {
    const oldest = this.#bannedUntilMs.keys().next();
    if (this.#bannedUntilMs.size >= MAX_BANNED && !oldest.done) this.#bannedUntilMs.delete(oldest.value);
    this.#bannedUntilMs.set(holder.peer, this.#clock.now() + BAN_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    for (const stop of this.#idleChecks.values()) stop();
    await Promise.allSettled([...this.#sessions.values()].map(({ session }) => session?.close()));
    this.#sessions.clear();
  }

  #open(holder: PeerAddress): Promise<HolderSession> {
    const open = async () => {
      const stream = await this.#streams.open(BLOB, holder, this.#closing.signal);
      entry.session = new HolderSession(stream, this.#clock);
      return entry.session;
    };
    const entry: Entry = { session: undefined, opening: Promise.resolve().then(open) };
    this.#sessions.set(holder.peer, entry);
    entry.opening.then(
      () => this.#checkIdle(holder.peer),
      () => this.#sessions.get(holder.peer) === entry && this.#sessions.delete(holder.peer),
    );
    return entry.opening;
  }

  #checkIdle(holder: PeerId): void {
    this.#idleChecks.get(holder)?.();
    const stop = this.#clock.after(IDLE_MS, () => {
      this.#idleChecks.delete(holder);
      const session = this.#sessions.get(holder)?.session;
      if (session === undefined) return;
      if (!session.isIdle) return this.#checkIdle(holder);
      this.#sessions.delete(holder);
      void session.close();
    });
    this.#idleChecks.set(holder, stop);
  }
}

function banned(holder: PeerId): KilnError {
  return new KilnError('blob/holder-banned', 'This holder lied before and is not asked for a while.', {
    data: { holder },
  });
}
