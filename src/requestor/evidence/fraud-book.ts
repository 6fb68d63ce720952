import type { Collection } from '../../base/collection.ts';
import type { Clock } from '../../base/time.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { SoundProof } from '../../verification/fraud-proof.ts';
import { CLAIM_LIFETIME_MS } from './constants.ts';
import { fraudKey, type FraudRecord, fraudRecord, type FraudState, makeRoom } from './fraud-record.ts';

/** Peers remembered as met; older ones are met again when it matters. */
const MAX_MET = 4_096;

/** Accusations in memory, written through to the store. */
export class FraudBook {
  readonly #stored: Collection<FraudRecord>;
  readonly #clock: Clock;
  readonly #records = new Map<string, FraudRecord>();
  readonly #met = new Set<PeerId>();

  constructor(stored: Collection<FraudRecord>, clock: Clock) {
    this.#stored = stored;
    this.#clock = clock;
  }

  /** Reads what is known; claims that nobody needed are forgotten. */
  async load(met: Iterable<PeerId>): Promise<void> {
    for (const peer of met) this.meet(peer);
    const nowMs = this.#clock.now();
    for (const [key, record] of await this.#stored.entries()) {
      const isStale = record.state !== 'proven' && nowMs - record.receivedAtMs > CLAIM_LIFETIME_MS;
      if (isStale) await this.#stored.delete(key);
      else this.#records.set(record.digest, record);
    }
  }

  /** Newest first. */
  get all(): readonly FraudRecord[] {
    return [...this.#records.values()].sort((a, b) => b.receivedAtMs - a.receivedAtMs);
  }

  has(digest: string): boolean {
    return this.#records.has(digest);
  }

  meet(peer: PeerId): void {
    this.#met.delete(peer);
    this.#met.add(peer);
    const [oldest] = this.#met;
    if (this.#met.size > MAX_MET && oldest !== undefined) this.#met.delete(oldest);
  }

  isKnown(peer: PeerId): boolean {
    return this.#met.has(peer);
  }

  /** Has this accuser claimed what a run here contradicted? */
  isLiar(accuser: PeerId): boolean {
    return this.all.some((record) => record.state === 'false' && record.accuser === accuser);
  }

  accusationsOf(provider: PeerId): readonly FraudRecord[] {
    return this.all.filter((record) => record.provider === provider);
  }

  claimsAgainst(provider: PeerId): readonly FraudRecord[] {
    return this.accusationsOf(provider).filter(({ state }) => state === 'claimed');
  }

  /** By peer alone: nobody proves that an account is its own, so a cheat could name that of another. */
  conviction(peer: PeerId): FraudRecord | undefined {
    return this.accusationsOf(peer).find(({ state }) => state === 'proven');
  }

  record(sound: SoundProof, state: FraudState, isOwn: boolean): FraudRecord {
    return fraudRecord(sound, state, this.#clock.now(), isOwn);
  }

  /** Drops what has to go for this record; false when this record is the one that has to. */
  async makeRoomFor(record: FraudRecord): Promise<boolean> {
    const gone = makeRoom(this.all, record, (peer) => this.isKnown(peer));
    for (const { provider, digest } of gone ?? []) {
      this.#records.delete(digest);
      await this.#stored.delete(fraudKey({ provider, digest }));
    }
    return gone !== undefined;
  }

  async put(record: FraudRecord): Promise<void> {
    this.#records.set(record.digest, record);
    await this.#stored.put(fraudKey(record), record);
  }
}
