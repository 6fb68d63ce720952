import { equalBytes } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import { encode } from '../../protocol/codec.ts';
import { MAX_CLOCK_SKEW_MS } from '../../protocol/constants.ts';
import type { Opened } from '../../protocol/envelope.ts';
import type { Agreement } from '../../protocol/negotiate.ts';

/** What a renewal may say anew; everything else has to be as it was. */
const RENEWED_FIELDS: ReadonlySet<string> = new Set(['renews', 'issuedAt', 'expiresAt', 'nonce']);

const NAMES: Readonly<Partial<Record<keyof Agreement, string>>> = {
  pricePerUnit: 'the price',
  microUnitsPerTask: 'the work per task',
  payment: 'the payment terms',
  policy: 'the check policy',
  comparator: 'the comparator',
  creditLimit: 'the credit limit',
  slots: 'the slots',
  payee: 'the payee',
};

/**
 * A renewal must be the same agreement for longer, signed by the same requestor. Throws `work/renewal-differs` naming the
 * first thing that is not, `work/expired` when there is nothing left to go on from.
 */
export function checkRenewal(
  { message: renewal, signer }: Pick<Opened<Agreement>, 'message' | 'signer'>,
  { digest, agreement }: { readonly digest: string; readonly agreement: Agreement },
  nowMs: number,
): void {
  if (signer !== agreement.requestor) throw differs('its signer');
  if (renewal.renews !== digest) throw differs('the agreement that it goes on from');
  const fields = new Set([...Object.keys(agreement), ...Object.keys(renewal)]) as Set<keyof Agreement>;
  for (const field of fields) {
    if (RENEWED_FIELDS.has(field)) continue;
    const isSame =
      field in agreement && field in renewal && equalBytes(encode(agreement[field]), encode(renewal[field]));
    if (!isSame) throw differs(NAMES[field] ?? `the ${field}`);
  }
  if (renewal.issuedAt < agreement.issuedAt || renewal.issuedAt > nowMs + MAX_CLOCK_SKEW_MS)
    throw differs('the time at which it was signed');
  if (renewal.expiresAt <= agreement.expiresAt) throw differs('the expiry, which is no later');
  if (nowMs >= agreement.expiresAt)
    throw new KilnError('work/expired', 'The agreement has expired: nothing is left to renew.');
}

function differs(what: string): KilnError {
  return new KilnError('work/renewal-differs', `The renewal differs from the agreement in ${what}.`, {
    hint: 'Renew with the same terms, or negotiate anew.',
  });
}
