import { planCover } from '../payment/plan-cover.ts';
import type { PaymentTerms } from '../protocol/announce.ts';
import type { Address } from '../protocol/primitives.ts';
import type { WalletAccount } from './account.ts';
import { reserve } from './collateral.ts';
import { MAX_COVERED_PAYEES } from './constants.ts';
import type { PoolReader } from './pool-reader.ts';

/**
 * Sets aside what a session key has promised to these payees and nobody has redeemed or covered yet, in one transaction
 * of the payer; nothing is sent when nothing is open or free. Throws `wallet/…`.
 *
 * @param untilMs how long it is to last; not after the key's expiry
 */
export async function coverPayees(
  reader: PoolReader,
  account: WalletAccount,
  terms: PaymentTerms,
  promised: readonly { readonly payee: Address; readonly promised: bigint }[],
  untilMs: number,
): Promise<void> {
  reader.forgetViews();
  const standings = await Promise.all(
    promised.slice(0, MAX_COVERED_PAYEES).map(async (one) => ({
      ...one,
      ...(await reader.payerView(terms, one.payee)),
    })),
  );
  const [first] = standings;
  if (first === undefined) return;
  const headroom = first.cap - first.spent;
  const parts = planCover(standings, first.free < headroom ? first.free : headroom);
  if (parts.length === 0) return;
  await reserve(reader, account, {
    signer: terms.sessionKey as Address,
    payees: parts.map(({ payee }) => payee),
    amounts: parts.map(({ amount }) => amount),
    untilMs: Math.min(untilMs, first.expiresAtMs),
  });
  reader.forgetViews();
}
