import { type Clock, every } from '../base/time.ts';
import { REDEEM_CHECK_MS, REDEEM_INTERVAL_MS } from './constants.ts';
import type { WalletDesk } from './wallet-desk.ts';

/**
 * Redeems by itself what must not wait: at once when a payer is in doubt (at most once a minute, never forgotten), and
 * whatever is a day old or whose session key ends soon. Everything else waits for the person.
 */
export class RedeemWatch {
  readonly #wallet: WalletDesk;
  readonly #clock: Clock;
  readonly #stopChecks: () => void;
  #nextAtMs = 0;
  #cancelUrgent: (() => void) | undefined;

  constructor(wallet: WalletDesk, clock: Clock) {
    this.#wallet = wallet;
    this.#clock = clock;
    const interval = () => REDEEM_CHECK_MS;
    this.#stopChecks = every(clock, interval, async () => {
      if (await wallet.isRedemptionDue()) this.urgent();
    });
  }

  /** A payer is in doubt: what is held is redeemed as soon as the last attempt is a minute ago. */
  urgent(): void {
    const waitMs = Math.max(0, this.#nextAtMs - this.#clock.now());
    this.#cancelUrgent ??= this.#clock.after(waitMs, () => {
      this.#cancelUrgent = undefined;
      this.#nextAtMs = this.#clock.now() + REDEEM_INTERVAL_MS;
      // A failed redemption is shown by the wallet page; the vouchers stay.
      void this.#wallet.redeem().catch(() => this.#wallet.refresh());
    });
  }

  stop(): void {
    this.#stopChecks();
    this.#cancelUrgent?.();
  }
}
