import type { Policy } from '../../src/protocol/policy.ts';
import type { ReceiptRecord } from '../../src/payment/receipt/receipt.ts';
import type { AgreementRecord } from '../../src/provider/records.ts';
import type { RequestorAgreementRecord } from '../../src/requestor/records.ts';
import type { Requestor } from '../../src/requestor/requestor.ts';
import type { PaymentSession } from '../../src/requestor/slices.ts';
import type { Store } from '../../src/storage/store.ts';
import { makeDraft, type MarketDay, PRICE_PER_UNIT, TASK_PRICE } from './market-day.ts';

/** Ten minutes of a device of reference speed. */
export const LONG_TASK_MS = 600_000;
const MICRO_UNITS = 600_000_000;
/** What one of them earns. */
export const LONG_TASK_PRICE = 60_000n * TASK_PRICE;

/** A device of reference speed, for tasks of ten minutes. */
export const LONG_DEVICE = { msPerTask: LONG_TASK_MS, microUnitsPerSecond: 1_000_000 } as const;

/** Submits a job of tasks that take ten minutes each, with just enough budget. */
export async function submitLong(
  day: MarketDay,
  requestor: Requestor,
  tasks: number,
  session: PaymentSession = day.session(BigInt(tasks) * LONG_TASK_PRICE),
  policy: Policy = { kind: 'trust', auditRate: 0 },
): Promise<string> {
  const terms = {
    budget: session.cap,
    priceCeiling: PRICE_PER_UNIT,
    microUnitsPerTask: MICRO_UNITS,
    seats: 1,
  };
  const job = await requestor.submit(await makeDraft(tasks, policy), terms, async () => session);
  await day.clock.settle();
  return job;
}

/** Agreements of one side, oldest first. */
export async function agreementsOf<T extends AgreementRecord | RequestorAgreementRecord>(
  store: Store,
): Promise<T[]> {
  const records = (await store.collection<T>('agreements').entries()).map(([, record]) => record);
  return records.sort((a, b) => a.agreement.issuedAt - b.agreement.issuedAt);
}

/** Receipts that one side was given, with their keys. */
export async function receiptsOf(store: Store): Promise<[string, ReceiptRecord][]> {
  return store.collection<ReceiptRecord>('receipts').entries();
}
