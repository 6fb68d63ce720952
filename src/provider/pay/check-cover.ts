import { KilnError } from '../../base/errors.ts';
import { type Clock, within } from '../../base/time.ts';
import { judgeStanding, KEY_LIFE_AFTER_AGREEMENT_MS } from '../../payment/voucher/acceptance.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import type { Address } from '../../protocol/primitives.ts';
import { CHAIN_ANSWER_MS } from '../constants.ts';
import type { ProviderChain } from '../slices.ts';

/** What the check works with. */
export interface CheckCoverInit {
  readonly chain: ProviderChain;
  readonly agreement: Agreement;
  readonly clock: Clock;
}

/**
 * Throws `negotiate/not-covered` unless the payer's deposit and key are good for the work to come. For a renewal the key
 * has to outlive the new end by as much as it has to live when a first agreement is signed.
 */
export async function checkCover({ chain, agreement, clock }: CheckCoverInit): Promise<void> {
  const standing = await within(clock, CHAIN_ANSWER_MS, undefined, () =>
    chain.payerView(agreement.payment, agreement.payee as Address),
  );
  const nowMs = clock.now();
  const aheadMs = agreement.renews === undefined ? 0 : Math.max(0, agreement.expiresAt - nowMs);
  const verdict = judgeStanding({
    amount: standing.claimed,
    issued: standing.spent,
    standing,
    creditLimit: agreement.creditLimit,
    nowMs,
    minKeyLifeMs: KEY_LIFE_AFTER_AGREEMENT_MS + aheadMs,
  });
  const isEmpty = standing.free === 0n && agreement.pricePerUnit > 0n && agreement.renews === undefined;
  if (verdict.kind === 'accept' && !isEmpty) return;
  throw new KilnError(
    'negotiate/not-covered',
    isEmpty ? 'The payer has no free deposit.' : (verdict as { message: string }).message,
    {
      hint: 'The requestor has to deposit, and authorise its session key.',
    },
  );
}
