import { type Ledger, newestVoucher } from '../../payment/voucher/ledger.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { SignedVoucher, WorkDown } from '../../protocol/work.ts';
import type { RequestorAgreementRecord } from '../records.ts';
import type { Collection } from '../../base/collection.ts';
import type { PaymentSession } from '../slices.ts';

/** What a provider hears that comes back to an agreement that has ended. */
export const ENDED = 'This agreement has ended.';

/** A voucher that pays for nothing new: it states the balance. */
export function statement(agreement: string, voucher: SignedVoucher): WorkDown {
  return { type: 'voucher', voucher, agreement, tasks: 0 };
}

/**
 * The newest voucher that was promised under an agreement, from what is stored: the job may have ended, or the tab may
 * have been reloaded, before the provider got it. Undefined for strangers and where nothing was promised.
 */
export async function lastVoucher(
  stored: {
    readonly agreements: Collection<RequestorAgreementRecord>;
    readonly ledgers: Collection<Ledger>;
    readonly reopenSession: (terms: PaymentTerms, cap: bigint) => Promise<PaymentSession>;
  },
  digest: string,
  provider: PeerId,
): Promise<SignedVoucher | undefined> {
  const record = await stored.agreements.get(digest);
  if (record === undefined || record.agreement.provider !== provider) return undefined;
  const { payment, payee } = record.agreement;
  const ledger = await stored.ledgers.get(payment.sessionKey.toLowerCase());
  const voucher = ledger === undefined ? undefined : newestVoucher(ledger, payee as Address);
  if (ledger === undefined || voucher === undefined) return undefined;
  const session = await stored.reopenSession(payment, ledger.cap);
  return session.sign({ payee: payee as Address, amount: voucher.amount, issued: voucher.issued });
}
