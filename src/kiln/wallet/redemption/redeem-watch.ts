import { hasCode } from '../../../base/errors.ts';
import { type Clock, every } from '../../../base/time.ts';
import { REDEEM_CHECK_MS, REDEEM_INTERVAL_MS } from '../../constants.ts';
import type { WalletDesk } from '../wallet-desk.ts';

/** What the watch needs of the wallet. */
type RedeemingWallet = Pick<WalletDesk, 'redeem' | 'refresh' | 'isRedemptionDue'>;

/**
 * Redeems by itself what must not wait: at once when a payer is in doubt (at most once a minute, never forgotten), and
 * whatever is a day old, whose session key ends soon, or is worth many times its gas. All else waits for the person.
 */
export class RedeemWatch {
  readonly #wallet: RedeemingWallet;
  readonly #clock: Clock;
  readonly #handOver: (() => Promise<void>) | undefined;
  readonly #stopChecks: () => void;
  #nextAtMs = 0;
  #isStopped = false;
  #cancelUrgent: (() => void) | undefined;

  /** @param handOver lets a relay redeem where this account cannot or this tab is gone; @default nobody does */
  constructor(wallet: RedeemingWallet, clock: Clock, handOver?: () => Promise<void>) {
    this.#wallet = wallet;
    this.#clock = clock;
    this.#handOver = handOver;
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
      void this.#wallet.redeem().catch((error: unknown) => this.#failed(error));
    });
  }

  /** Leaves a copy of what is held with the relay, where there is one: this tab may not come back. */
  handOver(): void {
    void this.#handOver?.().catch(showFailure);
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopChecks();
    this.#cancelUrgent?.();
  }

  /** The wallet page shows why; the vouchers stay. What only the node is to blame for is tried again. */
  #failed(error: unknown): void {
    if (this.#isStopped) return;
    if (hasCode(error, 'wallet/chain-unreachable')) this.urgent();
    if (hasCode(error, 'wallet/no-gas')) this.handOver();
    void this.#wallet.refresh();
  }
}

/** The vouchers stay here, and the next check hands them over again. */
function showFailure(error: unknown): void {
  console.error('Handing vouchers to the relay failed.', error);
}
