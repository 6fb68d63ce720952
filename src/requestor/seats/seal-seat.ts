import { KilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import type { Proposal } from '../../protocol/negotiate.ts';
import type { JobParts } from '../job-parts.ts';
import type { RequestorAgreementRecord } from '../records.ts';
import { describeAgreement } from './describe-agreement.ts';
import { ProviderLink } from './provider-link.ts';

/**
 * Stores an agreement that is sealed now, with what its proposal said. `tooLate` says why its seat is not given any more,
 * if so, once it is stored: throws `negotiate/too-late` then, and forgets it.
 */
export async function sealSeat(
  parts: JobParts,
  sealed: RequestorAgreementRecord,
  proposal: Proposal,
  tooLate: () => string | undefined,
): Promise<RequestorAgreementRecord> {
  const { agreements } = parts;
  const record = describeAgreement(parts, sealed, proposal);
  await agreements.put(record.digest, record);
  const late = tooLate();
  if (late === undefined) return record;
  await agreements.delete(record.digest);
  throw new KilnError('negotiate/too-late', `The seat is not given any more: ${late}`, {
    hint: 'Look for another job.',
  });
}

/** The provider of a sealed agreement, on its seat. */
export function linkOf(
  { digest, agreement, addresses, numericClass, offered, claimed }: RequestorAgreementRecord,
  clock: Clock,
): ProviderLink {
  const link = new ProviderLink(clock, digest, agreement, addresses);
  if (numericClass !== undefined) link.numericClass = numericClass;
  link.offered = offered;
  link.claimed = claimed;
  return link;
}
