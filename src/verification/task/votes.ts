import type { PeerId } from '../../protocol/identity.ts';
import { groupCredibilities } from '../policy/credibility.ts';
import { OWN_RESULT, pairKey, type Replica, type TaskCheck } from './task-check.ts';

/** A result that votes. */
export interface Vote {
  readonly id: string;
  /** Absent for the requestor's own result. */
  readonly peer?: PeerId;
  readonly digest: string;
  readonly need: number;
  readonly isRight: boolean;
}

/**
 * Probability that a result of this provider is right, by what is known of it. Where results disagree somebody lies on
 * purpose, and may have passed any number of checks before: then everybody is worth as much as a stranger.
 */
export type CredibilityOf = (peer: PeerId, isDisputed: boolean) => number;

/** Votes that agree with the one at their centre. */
export interface VoteGroup {
  readonly centre: Vote;
  readonly members: readonly Vote[];
  /** Probability that this group is right; absent where nobody asked. */
  readonly credibility?: number;
}

/** The results of a task that vote, in order of commitment. */
export function votesOf(check: TaskCheck): Vote[] {
  return check.commitOrder
    .map((id) => check.replicas.find((replica) => replica.id === id)!)
    .filter((replica): replica is Replica & { digest: string } => replica.phase === 'revealed')
    .map(({ id, peer, digest, need, isRight = false }) => ({ id, peer, digest, need, isRight }));
}

/** The requestor's own result as a vote. */
export function ownVote(digest: string): Vote {
  return { id: OWN_RESULT, digest, need: 1, isRight: true };
}

/** Do two votes agree? Undefined while they have to be compared. Results that a verifier found right are equally good. */
export function agreement(
  check: TaskCheck,
  a: Vote,
  b: Vote,
): { readonly agrees: boolean; readonly reason?: string } | undefined {
  if (a.id === b.id || a.digest === b.digest || check.comparator === 'verifier') return { agrees: true };
  if (check.comparator === 'exact') return { agrees: false, reason: 'other bytes than the accepted result' };
  return check.comparisons[pairKey(a.digest, b.digest)];
}

/** Do any two results of this task disagree? */
export function isDisputed(check: TaskCheck): boolean {
  const votes = votesOf(check);
  return votes.some((a) => votes.some((b) => agreement(check, a, b)?.agrees === false));
}

/** One pair of ids for each pair of different digests not compared yet. */
export function unknownPairs(check: TaskCheck, votes: readonly Vote[]): (readonly [string, string])[] {
  const pairs = new Map<string, readonly [string, string]>();
  for (const [i, a] of votes.entries()) {
    for (const b of votes.slice(i + 1)) {
      const key = pairKey(a.digest, b.digest);
      if (agreement(check, a, b) === undefined && !pairs.has(key)) pairs.set(key, [a.id, b.id]);
    }
  }
  return [...pairs.values()];
}

/**
 * All votes in groups, the largest first, the earliest committed of equals. Tolerance is not transitive, so each group
 * has one vote at its centre that the others agree with.
 */
export function groupVotes(check: TaskCheck, votes: readonly Vote[]): VoteGroup[] {
  const groups: VoteGroup[] = [];
  for (let left = votes; left.length > 0;) {
    let best: VoteGroup | undefined;
    for (const centre of left) {
      const members = left.filter((other) => agreement(check, centre, other)?.agrees);
      if (best === undefined || members.length > best.members.length) best = { centre, members };
    }
    groups.push(best!);
    left = left.filter((vote) => !best!.members.includes(vote));
  }
  return groups;
}

/** The group most likely to be right (Sarmenta: {@link groupCredibilities}); without credibilities, the largest. */
export function credible(
  groups: readonly VoteGroup[],
  credibilityOf: CredibilityOf | undefined,
): VoteGroup | undefined {
  if (credibilityOf === undefined || groups.length === 0) return groups[0];
  const isDisputed = groups.length > 1;
  const credibility = ({ peer }: Vote) => (peer === undefined ? 1 : credibilityOf(peer, isDisputed));
  const shares = groupCredibilities(groups.map(({ members }) => members.map(credibility)));
  const best = shares.indexOf(Math.max(...shares));
  return { ...groups[best]!, credibility: shares[best]! };
}
