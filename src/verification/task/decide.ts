import { isAwaited, OWN_RESULT, pairKey, type Replica, type TaskCheck } from './task-check.ts';
import { FAILED_RUN_LIMIT, firstReplicas, resultLimit } from '../policy/vote.ts';

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

interface Vote {
  readonly id: string;
  readonly digest: string;
  readonly need: number;
}

/** What to do about a task now; pure, so it may be asked again at any time and says the same. */
export function decide(check: TaskCheck): Decision {
  const votes = votesOf(check);
  const ballots = check.audit.state === 'done' ? [...votes, ownVote(check.audit.digest)] : votes;
  const pairs = unknownPairs(check, ballots);
  if (pairs.length > 0) return { kind: 'compare', pairs };
  if (check.replicas.some(isAwaited)) return { kind: 'lease', count: 0 };
  if (check.audit.state === 'done') return concludeAudit(check, votes);
  const best = strongest(check, votes);
  if (best !== undefined && best.supporters >= neededNow(check, votes)) {
    return check.audit.state === 'running' ? { kind: 'lease', count: 0 } : verdict(check, votes, best.id);
  }
  return pursue(check, votes, best?.supporters ?? 0);
}

/** The requestor knows the truth: nobody else need compute it, but whoever committed is judged by it. */
function concludeAudit(check: TaskCheck, votes: readonly Vote[]): Decision {
  const ids = check.commitOrder.filter((id) =>
    check.replicas.some((replica) => replica.id === id && replica.phase === 'committed'),
  );
  if (ids.length === 0) return verdict(check, votes, OWN_RESULT);
  return { kind: 'reveal', ids, surplus: leasedIds(check) };
}

function leasedIds(check: TaskCheck): string[] {
  return check.replicas.filter(({ phase }) => phase === 'leased').map(({ id }) => id);
}

/** No result stands yet: reveal what is committed, lease more, wait, or give up. */
function pursue(check: TaskCheck, votes: readonly Vote[], supporters: number): Decision {
  const committed = check.commitOrder
    .map((id) => check.replicas.find((replica) => replica.id === id)!)
    .filter((replica) => replica.phase === 'committed')
    .sort((a, b) => a.need - b.need);
  const running = check.replicas.filter((replica) => replica.phase === 'leased');
  const missing = Math.max(1, neededNow(check, [...votes, ...committed]) - supporters);
  if (votes.length + missing > resultLimit(check.policy))
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
 * Agreeing results that settle the task: what the best-known of its providers calls for, but two as soon as results
 * disagree, because one alone then proves nothing.
 */
function neededNow(
  check: TaskCheck,
  known: readonly { readonly need: number; readonly id: string }[],
): number {
  const least = known.reduce((least, { need }) => Math.min(least, need), Infinity);
  const base = Number.isFinite(least) ? least : firstReplicas(check.policy);
  return hasDispute(check) ? Math.max(2, base) : base;
}

function hasDispute(check: TaskCheck): boolean {
  const votes = votesOf(check);
  return votes.some((a) => votes.some((b) => agreement(check, a, b)?.agrees === false));
}

function votesOf(check: TaskCheck): Vote[] {
  return check.commitOrder
    .map((id) => check.replicas.find((replica) => replica.id === id)!)
    .filter((replica): replica is Replica & { digest: string } => replica.phase === 'revealed');
}

function ownVote(digest: string): Vote {
  return { id: OWN_RESULT, digest, need: 1 };
}

function agreement(
  check: TaskCheck,
  a: Vote,
  b: Vote,
): { readonly agrees: boolean; readonly reason?: string } | undefined {
  if (a.id === b.id || a.digest === b.digest) return { agrees: true };
  if (check.isExact) return { agrees: false, reason: 'other bytes than the accepted result' };
  return check.comparisons[pairKey(a.digest, b.digest)];
}

/** One pair of ids for each pair of different digests not compared yet. */
function unknownPairs(check: TaskCheck, votes: readonly Vote[]): (readonly [string, string])[] {
  const pairs = new Map<string, readonly [string, string]>();
  for (const [i, a] of votes.entries()) {
    for (const b of votes.slice(i + 1)) {
      const key = pairKey(a.digest, b.digest);
      if (agreement(check, a, b) === undefined && !pairs.has(key)) pairs.set(key, [a.id, b.id]);
    }
  }
  return [...pairs.values()];
}

/** The vote that most votes agree with, the earliest committed of equals: tolerance is not transitive, so one is the centre. */
function strongest(check: TaskCheck, votes: readonly Vote[]): { id: string; supporters: number } | undefined {
  let best: { id: string; supporters: number } | undefined;
  for (const { id, ...rest } of votes) {
    const supporters = votes.filter((other) => agreement(check, { id, ...rest }, other)?.agrees).length;
    if (best === undefined || supporters > best.supporters) best = { id, supporters };
  }
  return best;
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

function named(check: TaskCheck, phase: Replica['phase']): Rejected[] {
  return check.replicas
    .filter((replica) => replica.phase === phase)
    .map(({ id, reason }) => ({ id, reason: reason ?? phase }));
}
