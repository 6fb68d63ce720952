import type { Clock } from '../../base/time.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { Opened } from '../../protocol/envelope.ts';
import type { JobKind } from '../../protocol/primitives.ts';

/** Digests remembered per handler; older ones have expired long before so many came. */
const MAX_REMEMBERED = 4_096;

interface Listener {
  readonly kind: JobKind;
  readonly handler: (demand: Opened<Demand>) => void;
  /** Digest to expiry. */
  readonly seen: Map<string, number>;
}

/** Hands each demand to each listener once, whether it came by gossip, from a board or both. */
export class DemandFeed {
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Hears demands of a kind; the result stops it. */
  listen(kind: JobKind, handler: (demand: Opened<Demand>) => void): () => void {
    const listener: Listener = { kind, handler, seen: new Map() };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Delivers a valid demand to every listener of its kind that has not seen this very announcement. */
  deliver(demand: Opened<Demand>): void {
    for (const listener of [...this.#listeners]) {
      if (listener.kind !== demand.message.kind || listener.seen.has(demand.digest)) continue;
      this.#remember(listener.seen, demand);
      try {
        listener.handler(demand);
      } catch (error) {
        console.error('A demand handler failed.', error);
      }
    }
  }

  #remember(seen: Map<string, number>, demand: Opened<Demand>): void {
    if (seen.size >= MAX_REMEMBERED) {
      const nowMs = this.#clock.now();
      for (const [digest, expiresAt] of seen) if (expiresAt <= nowMs) seen.delete(digest);
      for (const digest of seen.keys()) {
        if (seen.size < MAX_REMEMBERED) break;
        seen.delete(digest);
      }
    }
    seen.set(demand.digest, demand.message.expiresAt);
  }
}
