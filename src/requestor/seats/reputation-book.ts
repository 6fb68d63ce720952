import type { Clock } from '../../base/time.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import { reliability } from '../../reputation/bound.ts';
import {
  decayed,
  newRecord,
  note,
  type Outcome,
  type ReputationRecord,
  retractWrong,
} from '../../reputation/record.ts';
import type { SecondHand } from '../../reputation/second-hand.ts';
import type { Collection } from '../../base/collection.ts';

/** Providers whose records are remembered at once. */
const MAX_HEARD = 1_024;

/**
 * First-hand records of providers for one job kind: in memory, written through to the store. Each has one record of all
 * its dealings, and beside it one for each numeric class it worked in: a GPU is no witness for another one's rounding.
 */
export class ReputationBook {
  readonly #kind: JobKind;
  readonly #stored: Collection<ReputationRecord>;
  readonly #clock: Clock;
  /** By `peer`, and by `peer/numeric class`. */
  readonly #records = new Map<string, ReputationRecord>();

  readonly #others = new Map<PeerId, SecondHand>();

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
    return reliability(decayed(this.#of(peer), this.#clock.now()), this.#others.get(peer));
  }

  /** Was anything of this provider seen here, or heard of it? */
  knows(peer: PeerId): boolean {
    return this.#records.has(peer) || this.#others.has(peer);
  }

  /** What others say of a provider counts for its rank, never for how its results are checked. */
  hear(peer: PeerId, others: SecondHand): void {
    this.#others.delete(peer);
    // Whoever shows nothing that counts is as new as before.
    if (others.good + others.bad === 0) return;
    this.#others.set(peer, others);
    const [oldest] = this.#others.keys();
    if (this.#others.size > MAX_HEARD && oldest !== undefined) this.#others.delete(oldest);
  }

  /** Validated results in a row, of one numeric class where it has one; a wrong result in any class ends them all. */
  consecutiveValid(peer: PeerId, numericClass?: string): number {
    const { consecutiveValid } = this.#of(peer);
    if (numericClass === undefined) return consecutiveValid;
    return Math.min(consecutiveValid, this.#of(keyOf(peer, numericClass)).consecutiveValid);
  }

  /** Notes an outcome; a failed write costs only memory of it. */
  note(peer: PeerId, outcome: Outcome, numericClass?: string): void {
    this.#note(peer, outcome);
    if (numericClass !== undefined) this.#note(keyOf(peer, numericClass), outcome);
  }

  /** What was noted as wrong last was right after all. */
  retractWrong(peer: PeerId, numericClass?: string): void {
    const keys = numericClass === undefined ? [peer] : [peer, keyOf(peer, numericClass)];
    for (const key of keys) this.#set(key, retractWrong(this.#of(key), this.#clock.now()));
  }

  #note(key: string, outcome: Outcome): void {
    this.#set(key, note(this.#of(key), outcome, this.#clock.now()));
  }

  #set(key: string, record: ReputationRecord): void {
    this.#records.set(key, record);
    this.#stored.put(`${this.#kind}/${key}`, record).catch(() => {});
  }

  #of(key: string): ReputationRecord {
    return this.#records.get(key) ?? newRecord(this.#clock.now());
  }
}

function keyOf(peer: PeerId, numericClass: string): string {
  return `${peer}/${numericClass}`;
}
