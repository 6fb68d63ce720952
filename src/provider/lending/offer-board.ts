import { every, type Clock } from '../../base/time.ts';
import type { Random } from '../../base/random.ts';
import type { Offer } from '../../protocol/announce.ts';
import { ANNOUNCE_INTERVAL_MS } from '../../protocol/constants.ts';
import { seal } from '../../protocol/envelope.ts';
import { OFFER_LIFETIME_MS } from '../constants.ts';
import type { ProviderNetwork } from '../slices.ts';

/** Keeps this provider's signed offer on the board of its relays, renewed with jitter, until stopped. */
export class OfferBoard {
  readonly #network: ProviderNetwork;
  readonly #clock: Clock;
  readonly #describe: () => Omit<Offer, 'provider' | 'addresses' | 'issuedAt' | 'expiresAt'>;
  readonly #stop: () => void;

  constructor(
    network: ProviderNetwork,
    clock: Clock,
    random: Random,
    describe: () => Omit<Offer, 'provider' | 'addresses' | 'issuedAt' | 'expiresAt'>,
  ) {
    this.#network = network;
    this.#clock = clock;
    this.#describe = describe;
    this.#stop = every(
      clock,
      () => ANNOUNCE_INTERVAL_MS * (0.75 + random() / 2),
      () => this.renew(),
    );
  }

  /** Puts the offer as it is now; a relay that cannot be reached gets it with the next renewal. */
  async renew(): Promise<void> {
    const nowMs = this.#clock.now();
    const offer: Offer = {
      ...this.#describe(),
      provider: this.#network.identity.peer,
      addresses: [...this.#network.addresses()],
      issuedAt: nowMs,
      expiresAt: nowMs + OFFER_LIFETIME_MS,
    };
    await this.#network.putOffer(seal(this.#network.identity, 'kiln/offer/1', offer)).catch(() => {});
  }

  async stop(): Promise<void> {
    this.#stop();
    await this.#network.removeOffer().catch(() => {});
  }
}
