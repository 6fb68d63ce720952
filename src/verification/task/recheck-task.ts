import type { Comparator, Policy } from '../../protocol/policy.ts';
import { firstReplicas } from '../policy/vote.ts';
import { type Holder, newTaskCheck, type Replica, type TaskCheck } from './task-check.ts';

/** One of the agreeing results that stand for a task. */
export interface StandingVote extends Holder {
  /** The replica's id when it was accepted. */
  readonly id: string;
  /** Hex digest of its result. */
  readonly digest: string;
}

/**
 * A check of a task whose result stands already: its results vote from the start, and one more has to agree. When that
 * one does not, referees decide, and the standing result may lose like any other.
 *
 * @example
 * const check = recheckTask(policy, 'exact', [{ id: 'l1', peer, payee, digest }]);
 * decide(check, trust.credibilityOf); // { kind: 'lease', count: 1 }
 */
export function recheckTask(
  policy: Policy,
  comparator: Comparator['class'],
  standing: readonly StandingVote[],
): TaskCheck {
  const replicas = standing.map((vote): Replica => ({
    ...vote,
    need: firstReplicas(policy, comparator),
    phase: 'revealed',
    isAsked: true,
  }));
  return {
    ...newTaskCheck(policy, comparator),
    atLeast: standing.length + 1,
    replicas,
    commitOrder: standing.map(({ id }) => id),
  };
}
