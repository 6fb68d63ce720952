import { toHex } from '../../base/bytes.ts';
import { sha256 } from '../../base/cid.ts';
import { KilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import {
  FRAUD_PROOF_BURST,
  FRAUD_PROOFS_PER_SECOND,
  MAX_FRAUD_PROOF_BYTES,
} from '../../protocol/constants.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { openFraudProof, type SoundProof } from '../../verification/fraud-proof.ts';
import { TokenBuckets } from '../token-bucket.ts';

/** A neighbour forwards for others too, so it may send this many times what one origin may. */
const NEIGHBOUR_FACTOR = 10;
/** A proof that is repeated sooner is not looked at again; later it may reach peers that have joined since. */
const SEEN_MS = 10 * 60_000;
/** Proofs remembered as seen. */
const MAX_SEEN = 1_024;

/** Decides which gossiped fraud proofs are looked at and forwarded: those whose signatures and statements are in order. */
export class FraudGate {
  readonly #clock: Clock;
  readonly #origins: TokenBuckets;
  readonly #neighbours: TokenBuckets;
  /** Digest of the bytes, to when they were last let through. */
  readonly #seen = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#origins = new TokenBuckets(clock, FRAUD_PROOFS_PER_SECOND, FRAUD_PROOF_BURST);
    this.#neighbours = new TokenBuckets(
      clock,
      FRAUD_PROOFS_PER_SECOND * NEIGHBOUR_FACTOR,
      FRAUD_PROOF_BURST * NEIGHBOUR_FACTOR,
    );
  }

  /**
   * Opens a gossiped proof; undefined for one that was seen a moment ago. Cheap refusals come first: `fraud/too-large`,
   * `fraud/too-many`, then what {@link openFraudProof} throws. Trusted neighbours (a tab's relays) are not counted.
   */
  async open(
    bytes: Uint8Array,
    from: { readonly origin: PeerId; readonly neighbour: PeerId; readonly isTrusted: boolean },
  ): Promise<SoundProof | undefined> {
    if (bytes.byteLength > MAX_FRAUD_PROOF_BYTES) {
      throw new KilnError('fraud/too-large', 'A fraud proof must be small.', {
        data: { bytes: bytes.byteLength, maxBytes: MAX_FRAUD_PROOF_BYTES },
      });
    }
    const key = toHex(await sha256(bytes));
    if (this.#clock.now() - (this.#seen.get(key) ?? Number.NEGATIVE_INFINITY) < SEEN_MS) return undefined;
    const isWithin =
      (from.isTrusted || this.#neighbours.take(from.neighbour)) && this.#origins.take(from.origin);
    if (!isWithin) {
      throw new KilnError('fraud/too-many', 'This peer accuses more often than it may.', {
        data: { peer: from.origin, perSecond: FRAUD_PROOFS_PER_SECOND },
      });
    }
    const sound = await openFraudProof(bytes);
    this.#remember(key);
    return sound;
  }

  #remember(key: string): void {
    this.#seen.delete(key);
    this.#seen.set(key, this.#clock.now());
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MAX_SEEN && oldest !== undefined) this.#seen.delete(oldest);
  }
}
