import { VoucherDesk } from '../pay/voucher-desk.ts';
import { ReceiptShelf } from '../../storage/receipt-shelf.ts';
import { MAX_WORK_RESUMED } from '../constants.ts';
import type { ProviderInit } from '../provider.ts';
import type { AgreementRecord, WorkRecord } from '../records.ts';
import { RenewalDesk } from './renewal-desk.ts';
import { ResumedSession } from './resumed-session.ts';
import { WorkBooks } from './work-books.ts';

/** What was settled already when the tab was closed, and what was not. */
export interface Resumed {
  readonly session: ResumedSession;
  readonly record: WorkRecord;
  readonly agreement: AgreementRecord['agreement'];
}

/** Agreements that a closed tab left unsettled, newest first; what is too old or cannot be read is forgotten. */
export async function resumeWork(init: ProviderInit, onChange: () => void): Promise<readonly Resumed[]> {
  const savedAt = (left: WorkRecord | null) => left?.savedAtMs ?? 0;
  const left = (await init.works.entries()).toSorted(([, a], [, b]) => savedAt(b) - savedAt(a));
  const resumed: Resumed[] = [];
  for (const [key, record] of left) {
    // What a record of another form does here must not keep the tab from starting; vouchers are stored apart.
    const resume = () => resumeOne(init, record, onChange).catch(() => undefined);
    const one = resumed.length < MAX_WORK_RESUMED ? await resume() : undefined;
    if (one === undefined) await init.works.delete(key);
    else resumed.push(one);
  }
  return resumed;
}

async function resumeOne(
  init: ProviderInit,
  left: WorkRecord,
  onChange: () => void,
): Promise<Resumed | undefined> {
  const { agreements, clock, network, works } = init;
  const known = await Promise.all(left.digests.map((digest) => agreements.get(digest)));
  const earlier = known.flatMap((one) => one ?? []);
  const record = earlier.pop();
  if (record === undefined || earlier.length + 1 < left.digests.length) return undefined;
  const { agreement } = record;
  const { jobName, requestor, greeting } = left;
  const onVoucher = (isUrgent: boolean) => init.onVoucher?.(isUrgent);
  const vouchers = await VoucherDesk.open({
    ...init,
    ...{ agreement, left },
    onStored: () => {
      onVoucher(false);
      onChange();
    },
    onStop: () => onVoucher(true),
  });
  const renewals = new RenewalDesk({
    ...{ record, earlier, greeting, clock },
    identity: network.identity,
    store: () => Promise.resolve(),
    checkCover: () => Promise.resolve(),
    decline: () => 'the tab was closed',
  });
  const books = new WorkBooks({ renewals, vouchers, requestor, jobName, works, clock, left });
  const shelf = new ReceiptShelf(init);
  const session = new ResumedSession({
    ...init,
    ...{ books, renewals, vouchers, shelf, jobName, requestor, onChange },
  });
  return { session, record: left, agreement };
}
