import { hasCode, toKilnError } from '../../base/errors.ts';
import { isSameAddress } from '../../protocol/primitives.ts';
import type { JobProgress } from '../results/job-progress.ts';
import type { Paymaster } from './paymaster.ts';
import type { ProviderLink } from '../seats/provider-link.ts';

/** What a payment of one job works with. */
export interface PayProviderInit {
  readonly paymaster: Paymaster;
  readonly progress: JobProgress;
  readonly links: () => readonly ProviderLink[];
  /** Paying is impossible for another reason than the budget. */
  readonly onFailure: (reason: string) => void;
}

/**
 * Pays all that is owed under one agreement. When its stream is gone but the same payee works under a newer agreement
 * (its tab was reloaded), the new balance is stated there. Out of budget is no failure of the job: what is verified
 * stays, and the page says what is missing. Never rejects.
 */
export async function payProvider(init: PayProviderInit, link: ProviderLink): Promise<void> {
  const { paymaster, progress } = init;
  try {
    await paymaster.pay(link);
    if (link.isAttached) return;
    const live = init.links().find((other) => other.isAttached && isSameAddress(other.payee, link.payee));
    if (live !== undefined) await paymaster.state(live);
  } catch (error) {
    progress.isBroke = hasCode(error, 'payment/over-cap');
    if (!progress.isBroke) init.onFailure(toKilnError(error).message);
  }
}
