import type { Collection } from '../../base/collection.ts';
import type { Clock } from '../../base/time.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { JOB_KINDS } from '../../protocol/primitives.ts';
import { paymentReliability, reliability } from '../../reputation/bound.ts';
import { decayed, type ReputationRecord, REQUESTOR_RECORDS } from '../../reputation/record.ts';
import { STRANGER_TRUST } from '../../reputation/second-hand.ts';

/** What trust goes by. */
export interface TrustInit {
  /** First-hand records of both roles. */
  readonly reputation: Pick<Collection<ReputationRecord>, 'get'>;
  /** Was this peer convicted of a lie? */
  readonly isConvicted: (peer: PeerId) => boolean;
  readonly clock: Clock;
}

/**
 * How far the signer of a receipt is trusted, 0 to 1: as its dealings with this very device went, and hardly at all
 * without any.
 */
export async function trustIn(
  { reputation, isConvicted, clock }: TrustInit,
  signer: PeerId,
): Promise<number> {
  if (isConvicted(signer)) return 0;
  const recordOf = async (role: string) => {
    const record = await reputation.get(`${role}/${signer}`);
    return record === undefined ? undefined : decayed(record, clock.now());
  };
  const asRequestor = await recordOf(REQUESTOR_RECORDS);
  const asProvider = await Promise.all(JOB_KINDS.map(recordOf));
  const seen = [
    ...(asRequestor === undefined ? [] : [paymentReliability(asRequestor)]),
    ...asProvider.flatMap((record) => (record === undefined ? [] : [reliability(record)])),
  ];
  // Whoever failed in one thing is not trusted for another.
  return seen.length === 0 ? STRANGER_TRUST : Math.min(...seen);
}
