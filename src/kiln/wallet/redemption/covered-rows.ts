import type { VoucherRecord } from '../../../provider/records.ts';
import type { PoolReader } from '../../../wallet/pool/pool-reader.ts';
import type { CoveredVoucher } from '../../../wallet/voucher/redeem-call.ts';
import type { RedeemedRow } from '../../../wallet/voucher/redeem.ts';

/** A voucher once for each of its proofs, and once without: a proof that fails must not hold back the rest. */
export function redeemableRows({
  voucher,
  proofs = [],
}: Pick<VoucherRecord, 'voucher' | 'proofs'>): CoveredVoucher[] {
  return [...proofs.map((proof) => ({ voucher, proof })), { voucher }];
}

/** What became of a voucher, from the rows of all: paid by any, or why the last one was not. */
export function resultOf({ voucher }: VoucherRecord, rows: readonly RedeemedRow[]): RedeemedRow {
  const own = rows.filter((row) => row.voucher === voucher);
  const paid = own.reduce((sum, row) => sum + row.paid, 0n);
  const skipped = own.at(-1)?.skipped;
  return paid > 0n || skipped === undefined ? { voucher, paid } : { voucher, paid, skipped };
}

/** A voucher with the proof that covers most now: a relay takes one, and refuses one that covers nothing. */
export async function bestCovered(
  reader: Pick<PoolReader, 'allocationCover'>,
  { terms, payee, voucher, proofs = [] }: VoucherRecord,
): Promise<CoveredVoucher> {
  let best = { cover: 0n, row: { voucher } as CoveredVoucher };
  for (const proof of proofs) {
    const cover = await reader.allocationCover(terms, payee, proof);
    if (cover > best.cover) best = { cover, row: { voucher, proof } };
  }
  return best.row;
}

/** What a payee can draw by all proofs of a voucher now. */
export async function allocatedTo(
  reader: Pick<PoolReader, 'allocationCover'>,
  { terms, payee, proofs = [] }: VoucherRecord,
): Promise<bigint> {
  const covers = await Promise.all(proofs.map((proof) => reader.allocationCover(terms, payee, proof)));
  return covers.reduce((sum, cover) => sum + cover, 0n);
}
