import { judgeStanding } from '../../payment/voucher/acceptance.ts';
import type { VoucherRecord } from '../../provider/records.ts';
import type { PoolReader } from '../../wallet/pool/pool-reader.ts';
import { allocatedTo } from './redemption/covered-rows.ts';
import type { VoucherCover } from './wallet-view.ts';

/** No limit: what is beyond it is to be told, not refused. */
const ANY_CREDIT = 2n ** 128n;

/** How sure the money of a voucher is, by the rules by which a provider accepts one. */
export async function readCover(
  reader: PoolReader,
  record: VoucherRecord,
  nowMs: number,
): Promise<VoucherCover> {
  const { terms, payee, voucher } = record;
  const [view, allocated] = await Promise.all([reader.payerView(terms, payee), allocatedTo(reader, record)]);
  const standing = { ...view, collateral: view.collateral + allocated };
  const owed = voucher.amount > standing.claimed ? voucher.amount - standing.claimed : 0n;
  const keyEndsAtMs = standing.expiresAtMs;
  if (keyEndsAtMs <= nowMs) return { secured: 0n, credit: 0n, lost: owed, keyEndsAtMs };
  const { amount, issued } = voucher;
  const verdict = judgeStanding({
    amount,
    issued,
    standing,
    nowMs,
    creditLimit: ANY_CREDIT,
    minKeyLifeMs: 0,
  });
  // A payer whose word does not hold any more may be drained by its other payees: only collateral is sure then.
  const covered = verdict.kind === 'accept' ? owed - verdict.uncovered : standing.collateral;
  const secured = covered < owed ? covered : owed;
  return { secured, credit: owed - secured, lost: 0n, keyEndsAtMs };
}
