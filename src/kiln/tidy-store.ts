import type { Collection } from '../base/collection.ts';
import type { ReputationRecord } from '../reputation/record.ts';
import type { AgreementRecord, WorkRecord } from '../provider/records.ts';
import type { JobRecord, RequestorAgreementRecord } from '../requestor/records.ts';
import type { WalletEvent } from './wallet/wallet-view.ts';

/** Agreements that each role keeps: strangers make them for nothing, each takes two or three kilobytes. */
export const MAX_AGREEMENTS_KEPT = 2_000;
/**
 * None goes before so long after its end: a session key outlives the agreement by the pool's thaw and a week, and until
 * then either side may come back for a voucher or show what was signed.
 */
export const AGREEMENT_KEPT_MS = 30 * 86_400_000;
/** First-hand records of peers: identities cost nothing. What was noted fades within weeks, the oldest first. */
export const MAX_REPUTATIONS_KEPT = 10_000;
/** Entries of the wallet's history, many times what is shown. */
export const MAX_HISTORY_KEPT = 2_000;
/** How often it is tidied up. */
export const TIDY_INTERVAL_MS = 3_600_000;

/** What grows with time or by what strangers do, and is bounded nowhere else. Vouchers are money: they stay. */
export interface TidyInit {
  readonly providerAgreements: Collection<AgreementRecord>;
  readonly works: Collection<WorkRecord>;
  readonly requestorAgreements: Collection<RequestorAgreementRecord>;
  readonly jobs: Collection<JobRecord>;
  readonly reputation: Collection<ReputationRecord>;
  readonly history: Collection<WalletEvent>;
}

/** Forgets what is surely finished, beyond the caps, oldest first. */
export async function tidyStore(init: TidyInit, nowMs: number): Promise<void> {
  const { providerAgreements, works, requestorAgreements, jobs, reputation, history } = init;
  const isOver = ({ agreement }: Pick<AgreementRecord, 'agreement'>) =>
    agreement.expiresAt + AGREEMENT_KEPT_MS < nowMs;
  const endOf = ({ agreement }: Pick<AgreementRecord, 'agreement'>) => agreement.expiresAt;
  const unsettled = new Set((await works.entries()).flatMap(([, { digests }]) => digests));
  // The record of a job's run is made of its agreements: they stay as long as the job does.
  const known = new Set((await jobs.entries()).map(([job]) => job));
  await prune(providerAgreements, MAX_AGREEMENTS_KEPT, {
    atMs: endOf,
    mayGo: (one) => isOver(one) && !unsettled.has(one.digest),
  });
  await prune(requestorAgreements, MAX_AGREEMENTS_KEPT, {
    atMs: endOf,
    mayGo: (one) => isOver(one) && !known.has(one.agreement.job),
  });
  await prune(reputation, MAX_REPUTATIONS_KEPT, { atMs: ({ updatedAtMs }) => updatedAtMs });
  await prune(history, MAX_HISTORY_KEPT, {
    atMs: ({ atMs }) => atMs,
    mayGo: ({ state }) => state !== 'pending',
  });
}

async function prune<T>(
  collection: Collection<T>,
  most: number,
  { atMs, mayGo = () => true }: { atMs: (value: T) => number; mayGo?: (value: T) => boolean },
): Promise<void> {
  const entries = await collection.entries();
  const surplus = entries.length - most;
  if (surplus <= 0) return;
  const oldest = entries.filter(([, value]) => mayGo(value)).sort(([, a], [, b]) => atMs(a) - atMs(b));
  for (const [key] of oldest.slice(0, surplus)) await collection.delete(key);
}
