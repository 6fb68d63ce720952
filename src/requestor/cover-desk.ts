import type { Clock } from '../base/time.ts';
import { COVER_INTERVAL_MS } from './constants.ts';
import type { Paymaster } from './paymaster.ts';
import type { ProviderLink } from './provider-link.ts';

/**
 * Sets collateral aside when a provider asks: for all that work now in one go, and seldom, since it costs gas and
 * strangers ask. It is an offer: who gets none redeems, or leaves.
 */
export class CoverDesk {
  readonly #clock: Clock;
  readonly #paymaster: Paymaster;
  readonly #links: () => readonly ProviderLink[];
  #nextAtMs = 0;
  #isBusy = false;

  constructor(clock: Clock, paymaster: Paymaster, links: () => readonly ProviderLink[]) {
    this.#clock = clock;
    this.#paymaster = paymaster;
    this.#links = links;
  }

  /** Never rejects. */
  async ask(): Promise<void> {
    const nowMs = this.#clock.now();
    if (this.#isBusy || nowMs < this.#nextAtMs) return;
    this.#isBusy = true;
    this.#nextAtMs = nowMs + COVER_INTERVAL_MS;
    const working = this.#links().filter((link) => !link.isEnded);
    await this.#paymaster.cover(working.map(({ payee }) => payee)).catch(() => {});
    this.#isBusy = false;
  }
}
