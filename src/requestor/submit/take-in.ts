import type { Cid } from '../../base/cid.ts';
import { KilnError } from '../../base/errors.ts';
import { checkManifest } from '../../job/check/check-manifest.ts';
import { keptInputsOf } from '../../job/inputs.ts';
import { manifestBytes } from '../../job/manifest.ts';
import type { JobRecord } from '../records.ts';
import type { RequestorInit } from '../requestor-init.ts';
import type { PaymentSession, RequestorNetwork } from '../slices.ts';
import type { JobDraft, SubmitTerms } from '../view.ts';

/**
 * Checks a draft and stores its manifest and blobs; resolves with the job's name. Throws `requestor/input-missing` when an
 * input is not there, and what the check of the manifest throws.
 */
export async function takeIn(draft: JobDraft, blobs: RequestorNetwork['blobs']): Promise<Cid> {
  checkManifest(draft.manifest);
  const stored = new Set<Cid>();
  for (const blob of draft.blobs) stored.add(await blobs.put(blob));
  const missing = keptInputsOf(draft.manifest).find(({ cid }) => !stored.has(cid));
  if (missing !== undefined) {
    throw new KilnError(
      'requestor/input-missing',
      'The draft does not bring all the inputs that its manifest names.',
      {
        data: { cid: missing.cid },
        hint: 'Add the blob with this CID to the draft.',
      },
    );
  }
  return blobs.put(manifestBytes(draft.manifest));
}

/** What is stored of a funded job before anybody hears of it; its inputs are kept from eviction first. */
export async function storeNewJob(
  { jobs, pin, clock }: Pick<RequestorInit, 'jobs' | 'pin' | 'clock'>,
  job: Cid,
  { manifest }: JobDraft,
  terms: SubmitTerms,
  { terms: payment, cap }: PaymentSession,
): Promise<JobRecord> {
  await pin(job, [job, ...keptInputsOf(manifest).map(({ cid }) => cid)]);
  const record: JobRecord = {
    ...{ job, manifest, terms, payment, cap },
    status: 'running',
    createdAtMs: clock.now(),
    executions: 0,
    rejected: [],
    banned: [],
    providers: [],
  };
  await jobs.put(job, record);
  return record;
}
