import { KilnError } from '../src/base/errors.ts';
import type { Clock } from '../src/base/time.ts';
import { type Demand, type Offer, openOffer } from '../src/protocol/announce.ts';
import { BOARD_PAGE_ENTRIES, MAX_BOARD_ENTRIES, MAX_BOARD_FRAME_BYTES } from '../src/protocol/constants.ts';
import { encodeEnvelope, type Envelope, type Opened } from '../src/protocol/envelope.ts';
import type { PeerId } from '../src/protocol/identity.ts';
import type { JobKind } from '../src/protocol/primitives.ts';

/** Demands that one requestor may have on the board: one per job it runs. */
export const MAX_DEMANDS_PER_PEER = 32;
/** An answer leaves room for the rest of its frame. */
const MAX_PAGE_BYTES = MAX_BOARD_FRAME_BYTES - 8 * 1024;

interface Entry {
  readonly key: string;
  readonly peer: PeerId;
  readonly kinds: readonly JobKind[];
  readonly envelope: Envelope;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** What changed on the board. */
export type BoardChange =
  | { readonly want: 'offers' | 'demands'; readonly entry: Envelope }
  | { readonly want: 'offers'; readonly removed: PeerId };

/** The newest signed offer of each provider and demand of each job; bounded, and forgotten when they expire. */
export class Board {
  readonly #clock: Clock;
  readonly #maxEntries: number;
  readonly #offers = new Map<string, Entry>();
  readonly #demands = new Map<string, Entry>();
  readonly #listeners = new Set<(change: BoardChange) => void>();

  constructor(clock: Clock, maxEntries = MAX_BOARD_ENTRIES) {
    this.#clock = clock;
    this.#maxEntries = maxEntries;
  }

  get sizes(): { readonly offers: number; readonly demands: number } {
    return { offers: this.#offers.size, demands: this.#demands.size };
  }

  /** Calls back at each change; the result stops it. */
  onChange(listener: (change: BoardChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Replaces a provider's offer. Throws `board/not-yours`, `board/stale`, `board/full` or what `openOffer` throws. */
  async putOffer(from: PeerId, envelope: Envelope): Promise<void> {
    const { message } = await openOffer(encodeEnvelope(envelope), this.#clock.now());
    if (message.provider !== from) {
      throw new KilnError('board/not-yours', 'A peer puts up its own offer only.', { data: { from } });
    }
    this.#put(this.#offers, 'offers', offerEntry(message, envelope));
  }

  /** Takes a provider's offer off. */
  removeOffer(from: PeerId): void {
    if (!this.#offers.delete(from)) return;
    this.#tell({ want: 'offers', removed: from });
  }

  /** Indexes a demand that gossip has validated already. Throws `board/stale`, `board/too-many` or `board/full`. */
  putDemand({ message, envelope }: Opened<Demand>): void {
    const entry = demandEntry(message, envelope);
    if (!this.#demands.has(entry.key)) {
      let own = 0;
      for (const { peer } of this.#demands.values()) if (peer === entry.peer) own++;
      if (own >= MAX_DEMANDS_PER_PEER) {
        throw new KilnError('board/too-many', 'This requestor has too many demands on the board.', {
          data: { max: MAX_DEMANDS_PER_PEER },
        });
      }
    }
    this.#put(this.#demands, 'demands', entry);
  }

  /** One page, newest entries last; `next` is the cursor of the following one. */
  page(
    want: 'offers' | 'demands',
    kind: JobKind | undefined,
    cursor: number,
  ): { entries: Envelope[]; total: number; next?: number } {
    const all = [...(want === 'offers' ? this.#offers : this.#demands).values()].filter(
      (entry) => entry.expiresAt > this.#clock.now() && (kind === undefined || entry.kinds.includes(kind)),
    );
    const entries: Envelope[] = [];
    let bytes = 0;
    for (const { envelope } of all.slice(cursor, cursor + BOARD_PAGE_ENTRIES)) {
      bytes += envelopeBytes(envelope);
      if (bytes > MAX_PAGE_BYTES) break;
      entries.push(envelope);
    }
    const next = cursor + entries.length;
    return { entries, total: all.length, ...(entries.length > 0 && next < all.length ? { next } : {}) };
  }

  /** Forgets what has expired; call it every few seconds. */
  sweep(): void {
    const nowMs = this.#clock.now();
    for (const entries of [this.#offers, this.#demands]) {
      for (const [key, entry] of entries) if (entry.expiresAt <= nowMs) entries.delete(key);
    }
  }

  #put(entries: Map<string, Entry>, want: 'offers' | 'demands', entry: Entry): void {
    const known = entries.get(entry.key);
    if (known !== undefined && known.issuedAt >= entry.issuedAt) {
      throw new KilnError('board/stale', 'The board holds a newer one.', {
        hint: 'Check the clock of this machine.',
      });
    }
    if (known === undefined && entries.size >= this.#maxEntries) this.sweep();
    if (known === undefined && entries.size >= this.#maxEntries) {
      throw new KilnError('board/full', 'This board is full.', {
        data: { max: this.#maxEntries },
        hint: 'Use another relay.',
      });
    }
    entries.delete(entry.key);
    entries.set(entry.key, entry);
    this.#tell({ want, entry: entry.envelope });
  }

  #tell(change: BoardChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

function offerEntry(offer: Offer, envelope: Envelope): Entry {
  const kinds = offer.kinds.map(({ kind }) => kind);
  return {
    key: offer.provider,
    peer: offer.provider,
    kinds,
    envelope,
    issuedAt: offer.issuedAt,
    expiresAt: offer.expiresAt,
  };
}

function demandEntry(demand: Demand, envelope: Envelope): Entry {
  const key = `${demand.requestor} ${demand.job}`;
  const { issuedAt, expiresAt } = demand;
  return { key, peer: demand.requestor, kinds: [demand.kind], envelope, issuedAt, expiresAt };
}

/** About what an envelope costs in a frame: its payload, key, signature and names. */
export function envelopeBytes(envelope: Envelope): number {
  return envelope.payload.byteLength + 220;
}
