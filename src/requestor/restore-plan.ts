import type { PeerId } from '../protocol/identity.ts';
import type { Exit } from '../protocol/task.ts';
import type { RequestorAgreementRecord, ResultRecord } from './records.ts';

/** What a reloaded tab takes up of a job. */
export interface RestorePlan {
  /** Verified tasks that still count, with their supporters. */
  readonly verified: readonly {
    readonly task: number;
    readonly peers: readonly PeerId[];
    readonly exit: Exit;
  }[];
  /** Results that only banned providers vouch for: they run again. */
  readonly dropped: readonly number[];
  /** Agreements to seat again, oldest first. */
  readonly seats: readonly RequestorAgreementRecord[];
  /** Accepted tasks by agreement. */
  readonly accepted: ReadonlyMap<string, number>;
  /** Payees of banned providers, in lower case. */
  readonly bannedPayees: readonly string[];
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
  const isBanned = (peer: PeerId) => job.banned.has(peer);
  const verified: { task: number; peers: PeerId[]; exit: Exit }[] = [];
  const dropped: number[] = [];
  const accepted = new Map<string, number>();
  for (const { task, supporters, exit } of results) {
    const peers = supporters.map(({ peer }) => peer);
    if (peers.length > 0 && peers.every(isBanned)) {
      dropped.push(task);
      continue;
    }
    verified.push({ task, peers, exit });
    for (const { agreement } of supporters) accepted.set(agreement, (accepted.get(agreement) ?? 0) + 1);
  }
  const own = agreements
    .filter(({ agreement }) => agreement.payment.sessionKey.toLowerCase() === job.sessionKey.toLowerCase())
    .toSorted((a, b) => a.agreement.issuedAt - b.agreement.issuedAt);
  return {
    verified,
    dropped,
    accepted,
    seats: own.filter(({ agreement }) => !isBanned(agreement.provider)),
    bannedPayees: own
      .filter(({ agreement }) => isBanned(agreement.provider))
      .map(({ agreement }) => agreement.payee.toLowerCase()),
  };
}
