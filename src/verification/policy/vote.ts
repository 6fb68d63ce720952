import type { Policy } from '../../protocol/policy.ts';
import type { Exit } from '../../protocol/task.ts';

/** Providers with fewer validated results in a row than this are always checked by a second one (design: adaptive). */
export const ADAPTIVE_TRIAL_RESULTS = 10;
/** However well known a provider is, this share of its results is replicated. */
export const ADAPTIVE_MIN_SHARE = 0.05;
/** Results asked for one task under `adaptive` before it counts as unsettled: three liars and a tie-break. */
export const ADAPTIVE_LIMIT = 5;
/** Runs of one task that may end without a result before it is given up: the task is at fault then, not six providers. */
export const FAILED_RUN_LIMIT = 6;

/**
 * Does this end of a run count as a result? A trap and spent fuel do, since the program causes them on every device
 * alike, but only with the witness that a run was made: "it trapped" alone is an answer anybody can guess, and two
 * idle strangers would agree on it. The others (timeout, out of memory, stack, lost device …) differ from device to
 * device: they blame nobody and never vote.
 */
export function isVote({ exit, witness }: { readonly exit: Exit; readonly witness?: unknown }): boolean {
  if (exit.kind === 'trap' || exit.kind === 'fuel') return witness !== undefined;
  return exit.kind === 'ok' || exit.kind === 'exit-code';
}

/**
 * How many agreeing results a replica leased to this provider calls for. `consecutiveValid` is its run of validated
 * results of this job kind; `random` is one number in [0, 1), used by `adaptive` alone.
 */
export function neededResults(policy: Policy, consecutiveValid: number, random: number): number {
  if (policy.kind === 'quorum') return policy.need;
  if (policy.kind === 'trust') return 1;
  if (consecutiveValid < ADAPTIVE_TRIAL_RESULTS) return 2;
  return random < Math.max(ADAPTIVE_MIN_SHARE, 1 / consecutiveValid) ? 2 : 1;
}

/** Replicas to lease before anything is known about a task. */
export function firstReplicas(policy: Policy): number {
  return policy.kind === 'quorum' ? policy.need : 1;
}

/** Most results that one task may draw before it is given up as unsettled. */
export function resultLimit(policy: Policy): number {
  if (policy.kind === 'quorum') return Math.max(policy.need, policy.limit);
  return policy.kind === 'trust' ? 1 : ADAPTIVE_LIMIT;
}

/** Results paid per verified task, on average and cautiously: for budgets and estimates. */
export function expectedResults(policy: Policy): number {
  if (policy.kind === 'quorum') return policy.need;
  return policy.kind === 'trust' ? 1 : 2;
}
