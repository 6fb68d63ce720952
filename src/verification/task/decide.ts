import type { PeerId } from '../../protocol/identity.ts';
import { acceptanceThreshold } from '../policy/check-rate.ts';
import { FAILED_RUN_LIMIT, firstReplicas, resultLimit } from '../policy/vote.ts';
import { isAwaited, OWN_RESULT, type TaskCheck } from './task-check.ts';
import {
  agreement,
  type CredibilityOf,
  credible,
  groupVotes,
  isDisputed,
  ownVote,
  unknownPairs,
  type Vote,
  type VoteGroup,
  votesOf,
} from './votes.ts';

/** A result that does not count, and why; shown to both sides. */
export interface Rejected {
  readonly id: string;
  readonly reason: string;
}

/** What a task needs now. */
export type Decision =
  /** Lease `count` more replicas; 0 means that those under way, or the audit, are awaited. */
  | { readonly kind: 'lease'; readonly count: number }
  /**
   * Ask these replicas to reveal, after applying `reveal-asked`. `surplus` ones had not committed: they are cancelled.
   */
  | { readonly kind: 'reveal'; readonly ids: readonly string[]; readonly surplus: readonly string[] }
  /** Compare these revealed results (`own` is the requestor's) and apply `compared` for each pair. */
  | { readonly kind: 'compare'; readonly pairs: readonly (readonly [string, string])[] }
  /** Run the verifier program on these revealed results and apply `judged` for each. */
  | { readonly kind: 'judge'; readonly ids: readonly string[] }
  | Verdict
  /** Providers did not settle it: compute it on the requestor's own device, as an audit. */
  | { readonly kind: 'own-run'; readonly reason: string }
  /** No agreement within the limit, or nobody could run it, this device included. */
  | { readonly kind: 'failed'; readonly reason: string; readonly rejected: readonly Rejected[] };

/** Which results count. Only `accepted` ones are paid. */
export interface Verdict {
  readonly kind: 'verdict';
  /** The replica whose bytes are the task's result; `own` when only the requestor's own recomputation holds. */
  readonly canonical: string;
  readonly accepted: readonly string[];
  readonly rejected: readonly Rejected[];
  readonly inconclusive: readonly Rejected[];
  /** Committed in time but never asked. */
  readonly notNeeded: readonly string[];
}

/** The requestor's own device, where it may settle disputes. */
export interface Arbiter {
  /** False once this device was found unable to compute the job's tasks. */
  readonly canCompute: boolean;
  /** Would it be a loss to exclude this provider on the word of others? */
  readonly isTrusted: (peer: PeerId) => boolean;
}

/**
 * What to do about a task now; pure, so it may be asked again at any time and says the same. Under `adaptive`, a group
 * of results is accepted once its credibility passes the policy's threshold: pass the job's
 * {@link JobTrust.credibilityOf}. Without it, numbers alone decide. An arbiter computes what would cost a trusted provider
 * its place, or divides two groups: strangers who stick together must not outvote who has a record.
 */
export function decide(check: TaskCheck, credibilityOf?: CredibilityOf, arbiter?: Arbiter): Decision {
  const votes = votesOf(check);
  const unjudged = check.comparator === 'verifier' ? votes.filter(({ isRight }) => !isRight) : [];
  if (unjudged.length > 0) return { kind: 'judge', ids: unjudged.map(({ id }) => id) };
  const ballots = check.audit.state === 'done' ? [...votes, ownVote(check.audit.digest)] : votes;
  const pairs = unknownPairs(check, ballots);
  if (pairs.length > 0) return { kind: 'compare', pairs };
  if (check.replicas.some(isAwaited)) return { kind: 'lease', count: 0 };
  if (check.audit.state === 'done') return concludeAudit(check, votes);
  const groups = groupVotes(check, votes);
  const best = check.policy.kind === 'adaptive' ? credible(groups, credibilityOf) : groups[0];
  if (best !== undefined && settles(check, votes, best)) {
    if (arbiter?.canCompute === true && check.audit.state === 'none' && isGrave(check, groups, best, arbiter))
      return { kind: 'own-run', reason: 'providers disagree, and more than one stranger is at stake' };
    return check.audit.state === 'running'
      ? { kind: 'lease', count: 0 }
      : verdict(check, votes, best.centre.id);
  }
  return pursue(check, votes, best);
}

/** Are two groups of several providers at odds, or is a trusted one about to be outvoted? Other policies count heads. */
function isGrave(
  { policy }: TaskCheck,
  groups: readonly VoteGroup[],
  best: VoteGroup,
  { isTrusted }: Arbiter,
): boolean {
  if (policy.kind !== 'adaptive') return false;
  const outvoted = groups.filter(({ centre }) => centre.id !== best.centre.id);
  return outvoted.some(
    ({ members }) => members.length > 1 || members.some(({ peer }) => peer !== undefined && isTrusted(peer)),
  );
}

/** Is this group large enough, and credible enough where others disagree or its members are not known well? */
function settles(check: TaskCheck, votes: readonly Vote[], group: VoteGroup): boolean {
  const supporters = group.members.length;
  if (supporters < neededNow(check, votes)) return false;
  // One result alone is only called enough when its provider was trusted at leasing; the judge has found others right.
  if (check.policy.kind !== 'adaptive' || check.comparator === 'verifier' || group.credibility === undefined)
    return true;
  return (supporters === 1 && votes.length === 1) || group.credibility >= acceptanceThreshold(check.policy);
}

/** The requestor knows the truth: nobody else need compute it, but whoever committed is judged by it. */
function concludeAudit(check: TaskCheck, votes: readonly Vote[]): Decision {
  const ids = check.commitOrder.filter((id) =>
    check.replicas.some((replica) => replica.id === id && replica.phase === 'committed'),
  );
  if (check.isRinger && ids.length === 0 && leasedIds(check).length > 0) return { kind: 'lease', count: 0 };
  if (ids.length === 0) return verdict(check, votes, OWN_RESULT);
  return { kind: 'reveal', ids, surplus: leasedIds(check) };
}

function leasedIds(check: TaskCheck): string[] {
  return check.replicas.filter(({ phase }) => phase === 'leased').map(({ id }) => id);
}

/** No result stands yet: reveal what is committed, lease more, wait, or give up. */
function pursue(check: TaskCheck, votes: readonly Vote[], best: VoteGroup | undefined): Decision {
  const supporters = best?.members.length ?? 0;
  const committed = check.commitOrder
    .map((id) => check.replicas.find((replica) => replica.id === id)!)
    .filter((replica) => replica.phase === 'committed');
  const running = check.replicas.filter((replica) => replica.phase === 'leased');
  const missing = Math.max(1, neededNow(check, [...votes, ...committed]) - supporters);
  if (votes.length + missing > Math.max(resultLimit(check.policy), check.atLeast))
    return giveUp(check, `no ${supporters + missing} of ${votes.length} results agree`);
  const failedRuns = check.replicas.filter(({ phase }) => phase === 'inconclusive');
  if (failedRuns.length >= FAILED_RUN_LIMIT) {
    const reason = `no provider could run it: ${failedRuns.at(-1)!.reason}`;
    const payees = new Set(failedRuns.map(({ payee }) => payee.toLowerCase()));
    // One stranger with many runs must not end a job that this device cannot check.
    if (check.audit.state !== 'failed' || payees.size >= FAILED_RUN_LIMIT) return giveUp(check, reason);
  }
  if (committed.length >= missing) {
    const ids = committed.slice(0, missing).map((replica) => replica.id);
    return { kind: 'reveal', ids, surplus: running.map((replica) => replica.id) };
  }
  const known = [...votes, ...committed, ...running];
  const wanted = Math.max(1, neededNow(check, known) - supporters);
  return { kind: 'lease', count: Math.max(0, wanted - committed.length - running.length) };
}

/** Providers are at their end: this device tries, and only when it cannot either the task has failed. */
function giveUp(check: TaskCheck, reason: string): Decision {
  if (check.audit.state === 'none') return { kind: 'own-run', reason };
  if (check.audit.state === 'running') return { kind: 'lease', count: 0 };
  return { kind: 'failed', reason, rejected: named(check, 'broken') };
}

/**
 * Agreeing results that settle the task: what the least-known of its providers calls for, so that a check drawn for one
 * is not waived on the word of another; more in a re-check, and two as soon as results disagree, because one alone
 * then proves nothing. A verifier program needs no second opinion.
 */
function neededNow(
  check: TaskCheck,
  known: readonly { readonly need: number; readonly id: string }[],
): number {
  if (check.comparator === 'verifier') return 1;
  const base = known.reduce((most, { need }) => Math.max(most, need), firstReplicas(check.policy));
  return isDisputed(check) ? Math.max(2, base) : Math.max(check.atLeast, base);
}

function verdict(check: TaskCheck, votes: readonly Vote[], centre: string): Verdict {
  const own = check.audit.state === 'done' ? ownVote(check.audit.digest) : undefined;
  const middle = centre === OWN_RESULT ? own! : votes.find(({ id }) => id === centre)!;
  const judged = votes.map((vote) => ({ id: vote.id, ...agreement(check, middle, vote)! }));
  const accepted = judged.filter(({ agrees }) => agrees).map(({ id }) => id);
  const outvoted = judged.filter(({ agrees }) => !agrees);
  return {
    kind: 'verdict',
    canonical: centre === OWN_RESULT ? (accepted[0] ?? OWN_RESULT) : centre,
    accepted,
    rejected: [
      ...named(check, 'broken'),
      ...outvoted.map(({ id, reason }) => ({ id, reason: reason ?? 'disagrees with the accepted result' })),
    ],
    inconclusive: named(check, 'inconclusive'),
    notNeeded: check.replicas.filter(({ phase }) => phase === 'committed').map(({ id }) => id),
  };
}

function named(check: TaskCheck, phase: 'broken' | 'inconclusive'): Rejected[] {
  return check.replicas
    .filter((replica) => replica.phase === phase)
    .map(({ id, reason }) => ({ id, reason: reason ?? phase }));
}
