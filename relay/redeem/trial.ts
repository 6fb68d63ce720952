import type { SkipReason } from '../../src/wallet/voucher/redeem.ts';
import type { TrialRow } from './chain.ts';
import type { HeldVoucher } from './held.ts';

/** What a trial says about the rows of one payee. */
export interface PayeeTrial {
  readonly paying: readonly HeldVoucher[];
  /** These can never pay. */
  readonly dead: readonly HeldVoucher[];
  readonly paid: bigint;
}

/** Nothing that happens later makes such a voucher pay. */
const DEAD: ReadonlySet<SkipReason> = new Set<SkipReason>([
  'bad-signature',
  'forbidden-payee',
  'key-expired',
  'nothing-owed',
]);

/** Sorts one payee's rows by what their trial said. */
export function readTrial(rows: readonly HeldVoucher[], trial: readonly TrialRow[]): PayeeTrial {
  const outcome = (i: number): TrialRow => trial[i] ?? { paid: 0n };
  return {
    paying: rows.filter((_, i) => outcome(i).paid > 0n),
    dead: rows.filter((_, i) => {
      const { skipped } = outcome(i);
      return skipped !== undefined && DEAD.has(skipped);
    }),
    paid: rows.reduce((sum, _, i) => sum + outcome(i).paid, 0n),
  };
}

/** Splits payees into batches of at most so many rows; one payee's rows stay together. */
export function batchesOf<T extends { readonly vouchers: readonly unknown[] }>(
  payees: readonly T[],
  maxRows: number,
): T[][] {
  const batches: T[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const payee of payees) {
    if (rows + payee.vouchers.length > maxRows) {
      batches.push([]);
      rows = 0;
    }
    batches.at(-1)!.push(payee);
    rows += payee.vouchers.length;
  }
  return batches;
}
