import type { Clock } from '../../base/time.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import { reliability } from '../../reputation/bound.ts';
import { decayed, newRecord, note, type Outcome, type ReputationRecord } from '../../reputation/record.ts';
import type { Collection } from '../../base/collection.ts';

/** First-hand records of providers for one job kind: in memory, written through to the store. */
export class ReputationBook {
  readonly #kind: JobKind;
  readonly #stored: Collection<ReputationRecord>;
  readonly #clock: Clock;
  readonly #records = new Map<PeerId, ReputationRecord>();

  private constructor(kind: JobKind, stored: Collection<ReputationRecord>, clock: Clock) {
    this.#kind = kind;
    this.#stored = stored;
    this.#clock = clock;
  }

  /** Reads what is known of providers of this kind. */
  static async open(
    kind: JobKind,
    stored: Collection<ReputationRecord>,
    clock: Clock,
  ): Promise<ReputationBook> {
    const book = new ReputationBook(kind, stored, clock);
    for (const [key, record] of await stored.entries(`${kind}/`))
      book.#records.set(key.slice(kind.length + 1), record);
    return book;
  }

  /** How far a provider can be relied upon, 0 to 1. */
  reliability(peer: PeerId): number {
    return reliability(decayed(this.#of(peer), this.#clock.now()));
  }

  /** Validated results in a row. */
  consecutiveValid(peer: PeerId): number {
    return this.#of(peer).consecutiveValid;
  }

  /** Notes an outcome; a failed write costs only memory of it. */
  note(peer: PeerId, outcome: Outcome): void {
    const record = note(this.#of(peer), outcome, this.#clock.now());
    this.#records.set(peer, record);
    this.#stored.put(`${this.#kind}/${peer}`, record).catch(() => {});
  }

  #of(peer: PeerId): ReputationRecord {
    return this.#records.get(peer) ?? newRecord(this.#clock.now());
  }
}
