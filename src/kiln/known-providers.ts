import type { Collection } from '../base/collection.ts';
import type { Clock } from '../base/time.ts';
import type { KnownReliability } from '../market/price/suggest-price.ts';
import type { JobKind } from '../protocol/primitives.ts';
import { reliability } from '../reputation/bound.ts';
import { decayed, type ReputationRecord } from '../reputation/record.ts';

/** Own records change with every job; a price suggestion may lag behind them so long. */
const MAX_AGE_MS = 30_000;

interface Known {
  readonly readAtMs: number;
  readonly byPeer: ReadonlyMap<string, number>;
}

/** Whom this tab knows from its own jobs, at hand without waiting: read in the background, used from then on. */
export class KnownProviders {
  readonly #stored: Collection<ReputationRecord>;
  readonly #clock: Clock;
  readonly #byKind = new Map<JobKind, Known>();

  constructor(stored: Collection<ReputationRecord>, clock: Clock) {
    this.#stored = stored;
    this.#clock = clock;
  }

  /** How far each provider of a kind can be relied upon, by what was read last. */
  reliability(kind: JobKind): KnownReliability {
    const known = this.#byKind.get(kind);
    const nowMs = this.#clock.now();
    if (known === undefined || nowMs - known.readAtMs > MAX_AGE_MS)
      void this.#read(kind, nowMs).catch(() => {});
    return (peer) => known?.byPeer.get(peer);
  }

  async #read(kind: JobKind, nowMs: number): Promise<void> {
    // Set at once, so that one look does not start many.
    this.#byKind.set(kind, { readAtMs: nowMs, byPeer: this.#byKind.get(kind)?.byPeer ?? new Map() });
    const entries = await this.#stored.entries(`${kind}/`);
    const byPeer = new Map<string, number>();
    for (const [key, record] of entries) {
      const peer = key.slice(kind.length + 1);
      // `peer/numeric class` is a part of what `peer` holds.
      if (!peer.includes('/')) byPeer.set(peer, reliability(decayed(record, nowMs)));
    }
    this.#byKind.set(kind, { readAtMs: nowMs, byPeer });
  }
}
