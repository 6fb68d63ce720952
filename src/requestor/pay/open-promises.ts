import type { Collection } from '../../base/collection.ts';
import type { Ledger } from '../../payment/voucher/ledger.ts';
import type { JobRecord } from '../records.ts';

/**
 * All that each session key, in lower case, will ever promise: the whole budget of a running job, what was promised by
 * an ended one.
 */
export async function openPromises(
  jobs: Collection<JobRecord>,
  ledgers: Collection<Ledger>,
): Promise<ReadonlyMap<string, bigint>> {
  const promises = new Map((await ledgers.entries()).map(([key, { issued }]) => [key, issued]));
  for (const [, { status, payment, cap }] of await jobs.entries())
    if (status === 'running') promises.set(payment.sessionKey.toLowerCase(), cap);
  return promises;
}
