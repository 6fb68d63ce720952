import { type Clock, within } from '../../base/time.ts';
import { NETWORK_LOOK_INTERVAL_MS, NETWORK_LOOK_TIMEOUT_MS } from '../constants.ts';
import type { RequestorNetwork } from '../slices.ts';
import type { ProviderLink } from './provider-link.ts';

/** Keeps up to date from which network each provider at work is reached. It stays in memory, on this device. */
export class NetworkWatch {
  readonly #network: Pick<RequestorNetwork, 'networkOf'>;
  readonly #clock: Clock;
  #lookedAtMs = 0;

  constructor(network: Pick<RequestorNetwork, 'networkOf'>, clock: Clock) {
    this.#network = network;
    this.#clock = clock;
  }

  /** Looks where a provider is now; who cannot be seen in time is left where it was. Never rejects. */
  async look(link: ProviderLink): Promise<void> {
    const look = () => this.#network.networkOf(link.peer);
    try {
      link.network = await within(this.#clock, NETWORK_LOOK_TIMEOUT_MS, undefined, look);
    } catch {
      // the next look may see it
    }
  }

  /** Looks again now and then: people carry their devices from one network to another. */
  review(atWork: readonly ProviderLink[]): void {
    if (this.#clock.now() - this.#lookedAtMs < NETWORK_LOOK_INTERVAL_MS) return;
    this.#lookedAtMs = this.#clock.now();
    for (const link of atWork) void this.look(link);
  }
}
