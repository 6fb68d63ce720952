import type { PeerId } from '../protocol/identity.ts';
import { isSameAddress } from '../protocol/primitives.ts';
import type { RequestorAgreementRecord, ResultRecord } from './records.ts';

/** What a reloaded tab takes up of a job. */
export interface RestorePlan {
  /** Results that still stand, in the order of their verdicts. */
  readonly standing: readonly ResultRecord[];
  /** Results that only banned providers vouch for: they run again. */
  readonly dropped: readonly number[];
  /** Agreements to seat again, oldest first. */
  readonly seats: readonly RequestorAgreementRecord[];
  /** Accepted tasks by agreement, without those whose pay is held back. */
  readonly accepted: ReadonlyMap<string, number>;
  /** Agreements of banned providers. */
  readonly banned: readonly RequestorAgreementRecord[];
}

/**
 * Decides what of the stored results and agreements still holds. Agreements of another session key belong to an
 * earlier run of the same job; those of banned providers are not seated again.
 */
export function planRestore(
  results: readonly ResultRecord[],
  agreements: readonly RequestorAgreementRecord[],
  job: { readonly banned: ReadonlySet<PeerId>; readonly sessionKey: string },
): RestorePlan {
  const isBanned = ({ peer }: { readonly peer: PeerId }) => job.banned.has(peer);
  const standing: ResultRecord[] = [];
  const dropped: number[] = [];
  const accepted = new Map<string, number>();
  for (const record of results) {
    const { task, supporters, isProven } = record;
    if (isProven !== true && supporters.length > 0 && supporters.every(isBanned)) {
      dropped.push(task);
      continue;
    }
    standing.push(record);
    for (const { agreement, isHeld } of supporters)
      if (isHeld !== true) accepted.set(agreement, (accepted.get(agreement) ?? 0) + 1);
  }
  const own = agreements
    .filter(({ agreement }) => isSameAddress(agreement.payment.sessionKey, job.sessionKey))
    .toSorted((a, b) => a.agreement.issuedAt - b.agreement.issuedAt);
  return {
    standing: standing.toSorted((a, b) => (a.order ?? -1) - (b.order ?? -1)),
    dropped,
    accepted,
    seats: own.filter(({ agreement }) => !job.banned.has(agreement.provider)),
    banned: own.filter(({ agreement }) => job.banned.has(agreement.provider)),
  };
}
