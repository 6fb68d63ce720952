import { KilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import { type Demand, openDemand } from '../../protocol/announce.ts';
import {
  ANNOUNCEMENT_BURST,
  ANNOUNCEMENTS_PER_SECOND,
  MAX_ANNOUNCEMENT_BYTES,
} from '../../protocol/constants.ts';
import type { Opened } from '../../protocol/envelope.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import { TokenBuckets } from '../token-bucket.ts';

/** A neighbour forwards for others too, so it may send this many times what one origin may. */
const NEIGHBOUR_FACTOR = 10;

/** Decides which gossiped demands are looked at, believed and forwarded. Tabs and relays use the same one. */
export class DemandGate {
  readonly #clock: Clock;
  readonly #origins: TokenBuckets;
  readonly #neighbours: TokenBuckets;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#origins = new TokenBuckets(clock, ANNOUNCEMENTS_PER_SECOND, ANNOUNCEMENT_BURST);
    const factor = NEIGHBOUR_FACTOR;
    this.#neighbours = new TokenBuckets(
      clock,
      ANNOUNCEMENTS_PER_SECOND * factor,
      ANNOUNCEMENT_BURST * factor,
    );
  }

  /**
   * Opens a gossiped demand. Cheap refusals come first: `announce/too-large`, `announce/too-many`, then
   * `announce/wrong-kind` and what {@link openDemand} throws. Trusted neighbours (a tab's relays) are not counted.
   */
  async open(
    kind: JobKind,
    bytes: Uint8Array,
    from: { readonly origin: PeerId; readonly neighbour: PeerId; readonly isTrusted: boolean },
  ): Promise<Opened<Demand>> {
    if (bytes.byteLength > MAX_ANNOUNCEMENT_BYTES) {
      throw new KilnError('announce/too-large', 'An announcement must be small.', {
        data: { bytes: bytes.byteLength },
      });
    }
    const isWithin =
      (from.isTrusted || this.#neighbours.take(from.neighbour)) && this.#origins.take(from.origin);
    if (!isWithin) {
      throw new KilnError('announce/too-many', 'This peer announces more often than it may.', {
        data: { peer: from.origin, perSecond: ANNOUNCEMENTS_PER_SECOND },
      });
    }
    const opened = await openDemand(bytes, this.#clock.now());
    if (opened.message.kind !== kind) {
      throw new KilnError('announce/wrong-kind', 'This demand does not belong to its topic.', {
        data: { kind },
      });
    }
    return opened;
  }
}
