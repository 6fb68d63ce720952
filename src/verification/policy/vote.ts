import type { Comparator, Policy } from '../../protocol/policy.ts';
import type { Exit } from '../../protocol/task.ts';
import { acceptanceThreshold, assumedFaults, nextCheck, passesForTrust } from './check-rate.ts';

/** Providers that passed fewer checks in a row than this are always checked by a second one (BOINC, adaptive replication). */
export const ADAPTIVE_TRIAL_RESULTS = 10;
/** Results asked for one task under `adaptive` before it counts as unsettled: one liar is outvoted by four strangers. */
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
 * How many agreeing results a replica leased to this provider calls for. `passed` is the checks that it has passed,
 * one after another; `random` is one number in [0, 1), used by `adaptive` alone: there, providers with too few passes
 * are always checked, others by chance ({@link nextCheck}).
 *
 * @param faultShare share of cheats among the providers of this job that passed their trial. @default what the policy assumes
 */
export function neededResults(
  policy: Policy,
  passed: number,
  random: number,
  faultShare = assumedFaults(policy),
): number {
  if (policy.kind === 'quorum') return policy.need;
  if (policy.kind === 'trust') return 1;
  if (passed < passesForTrust(acceptanceThreshold(policy), faultShare, ADAPTIVE_TRIAL_RESULTS)) return 2;
  return random < nextCheck(passed, faultShare) ? 2 : 1;
}

/** Replicas to lease before anything is known about a task; a verifier program needs no second one to compare with. */
export function firstReplicas(policy: Policy, comparator?: Comparator['class']): number {
  return policy.kind === 'quorum' && comparator !== 'verifier' ? policy.need : 1;
}

/** Most results that one task may draw before it is given up as unsettled. */
export function resultLimit(policy: Policy): number {
  if (policy.kind === 'quorum') return Math.max(policy.need, policy.limit);
  return policy.kind === 'trust' ? 1 : ADAPTIVE_LIMIT;
}

/**
 * Results paid per verified task, on average and cautiously: for budgets and estimates. Ringers are paid like work; a
 * verifier program settles each task with one result.
 */
export function expectedResults(policy: Policy, comparator?: Comparator['class']): number {
  return resultsPerTask(policy, comparator) + (policy.ringerRate ?? 0);
}

function resultsPerTask(policy: Policy, comparator?: Comparator['class']): number {
  if (policy.kind === 'trust' || comparator === 'verifier') return 1;
  return policy.kind === 'quorum' ? policy.need : 2;
}
