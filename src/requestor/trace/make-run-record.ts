import { KILN_VERSION } from '../../base/version.ts';
import { manifestBytes } from '../../job/manifest.ts';
import type { Collection } from '../../base/collection.ts';
import { type Ledger, newestVoucher } from '../../payment/voucher/ledger.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { receiptKey, type ReceiptRecord } from '../../payment/receipt/receipt.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import type { RunRecord } from '../../protocol/run-record.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import type { TaskTrace } from '../../protocol/task-trace.ts';
import type { JobRecord, RequestorAgreementRecord, ResultRecord } from '../records.ts';
import type { PaymentSession } from '../slices.ts';
import { completeTrace } from './complete-trace.ts';
import type { TraceBook } from './trace-book.ts';

/** What a run's record is put together from. */
export interface RunRecordSources {
  readonly requestor: PeerId;
  readonly record: JobRecord;
  readonly book: TraceBook;
  /** Everything that stands. */
  readonly results: readonly ResultRecord[];
  readonly agreements: Collection<RequestorAgreementRecord>;
  readonly ledgers: Collection<Ledger>;
  /** What providers said of their agreements. */
  readonly receipts: Collection<ReceiptRecord>;
  readonly reopenSession: (terms: PaymentTerms, cap: bigint) => Promise<PaymentSession>;
  readonly nowMs: number;
}

/** The longest text of a record that its own requestor wrote. */
const MAX_TEXT_CHARS = 1_200;

/** Puts the record of a run together from what is stored; nothing of it is secret. */
export async function makeRunRecord(sources: RunRecordSources): Promise<RunRecord> {
  const { record, book, requestor, nowMs } = sources;
  const { job, terms, payment } = record;
  const sealed = (await sources.agreements.entries())
    .map(([, agreement]) => agreement)
    .filter(({ agreement }) => agreement.job === job && isOfSession(agreement.payment, payment))
    .toSorted((a, b) => a.agreement.issuedAt - b.agreement.issuedAt);
  const { traces, commits, caught, setAside } = await book.all();
  const ledger = await sources.ledgers.get(payment.sessionKey.toLowerCase());
  const payees = new Set(sealed.map(({ agreement }) => agreement.payee.toLowerCase() as Address));
  return {
    version: 1,
    software: `kiln ${KILN_VERSION}`,
    requestor,
    job,
    manifest: manifestBytes(record.manifest),
    status: record.status,
    ...(record.error === undefined ? {} : { error: record.error.slice(0, MAX_TEXT_CHARS) }),
    terms: {
      budget: terms.budget,
      priceCeiling: terms.priceCeiling,
      microUnitsPerTask: terms.microUnitsPerTask,
      seats: terms.seats,
    },
    payment: { ...payment },
    issued: ledger?.issued ?? 0n,
    createdAt: record.createdAtMs,
    ...(record.firstResultAtMs === undefined ? {} : { firstResultAt: record.firstResultAtMs }),
    ...(record.endedAtMs === undefined ? {} : { endedAt: record.endedAtMs }),
    writtenAt: nowMs,
    agreements: sealed.map(({ requestorEnvelope, providerEnvelope }) => ({
      requestor: requestorEnvelope,
      provider: providerEnvelope,
    })),
    commits,
    traces: completed(traces, sources.results, nowMs),
    caught: caught.map(({ peer, atMs, reason, task, lease }) => ({
      peer,
      at: atMs,
      reason: reason.slice(0, MAX_TEXT_CHARS),
      ...(task === undefined ? {} : { task }),
      ...(lease === undefined ? {} : { lease }),
    })),
    ...(setAside.length === 0
      ? {}
      : {
          setAside: setAside.map(({ peer, atMs, reason }) => ({
            peer,
            at: atMs,
            reason: reason.slice(0, MAX_TEXT_CHARS),
          })),
        }),
    vouchers: ledger === undefined ? [] : await newestVouchers(sources, ledger, [...payees]),
    receipts: await receiptsOf(sources, sealed),
  };
}

function completed(
  traces: readonly TaskTrace[],
  results: readonly ResultRecord[],
  nowMs: number,
): TaskTrace[] {
  const byTask = new Map(traces.map((trace) => [trace.task, trace]));
  for (const result of results) {
    const trace = completeTrace(byTask.get(result.task), result, nowMs);
    if (trace !== undefined) byTask.set(result.task, trace);
  }
  return [...byTask.values()].sort((a, b) => a.task - b.task);
}

async function receiptsOf(
  { receipts }: RunRecordSources,
  agreements: readonly RequestorAgreementRecord[],
): Promise<Envelope[]> {
  const found: Envelope[] = [];
  for (const { agreement, digest } of agreements) {
    const kept = await receipts.get(receiptKey(agreement.provider, digest));
    if (kept !== undefined) found.push(kept.receipt);
  }
  return found;
}

function isOfSession(a: PaymentTerms, b: PaymentTerms): boolean {
  return isSameAddress(a.sessionKey, b.sessionKey);
}

/** The newest voucher of each payee, signed again: the ledger says what it promised, so it says nothing new. */
async function newestVouchers(
  { record, reopenSession }: RunRecordSources,
  ledger: Ledger,
  payees: readonly Address[],
): Promise<SignedVoucher[]> {
  const promised = payees.flatMap((payee) => newestVoucher(ledger, payee) ?? []);
  if (promised.length === 0) return [];
  const session = await reopenSession(record.payment, ledger.cap);
  const vouchers: SignedVoucher[] = [];
  for (const { payee, amount, issued } of promised)
    vouchers.push(await session.sign({ payee: payee as Address, amount, issued }));
  return vouchers;
}
