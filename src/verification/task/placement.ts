import { isSameAddress } from '../../protocol/primitives.ts';
import type { Holder, Replica, TaskCheck } from './task-check.ts';

/** Why a provider may not get a replica of a task. `has-failed` may be waived when nobody else is there. */
export type PlacementRefusal =
  'same-peer' | 'same-payee' | 'same-network' | 'other-numeric-class' | 'has-failed';

/**
 * Why this provider may not get (another) replica of the task, or undefined when it may. Whoever holds or delivered a
 * replica gets no second one, under this peer id or payee or from this network; who lost one (a closed tab) may try
 * again. Where the policy wants one numeric class, the first replica's claim decides it.
 */
export function placementRefusal(check: TaskCheck, holder: Holder): PlacementRefusal | undefined {
  if (check.policy.sameNumericClass === true && !fitsClass(check, holder)) return 'other-numeric-class';
  let failed: PlacementRefusal | undefined;
  for (const replica of check.replicas) {
    if (replica.phase === 'lost') continue;
    const refusal = sameness(replica, holder);
    if (refusal === undefined) continue;
    if (replica.phase !== 'inconclusive') return refusal;
    // Who failed may be asked again at need; the neighbour of one that failed has done nothing.
    if (refusal !== 'same-network') failed = 'has-failed';
  }
  return failed;
}

function sameness(replica: Replica, holder: Holder): PlacementRefusal | undefined {
  if (replica.peer === holder.peer) return 'same-peer';
  if (isSameAddress(replica.payee, holder.payee)) return 'same-payee';
  const isSameNetwork = holder.networkPrefix !== undefined && replica.networkPrefix === holder.networkPrefix;
  return isSameNetwork ? 'same-network' : undefined;
}

/** The numeric class that all replicas of this task are to have; undefined while nobody holds one. */
export function taskClass(check: TaskCheck): string | undefined {
  return check.replicas.find(({ phase }) => phase !== 'lost' && phase !== 'inconclusive')?.numericClass;
}

function fitsClass(check: TaskCheck, { numericClass }: Holder): boolean {
  return numericClass !== undefined && (taskClass(check) ?? numericClass) === numericClass;
}

/**
 * Why a result that was computed on GPUs of `actual` class cannot be compared, or undefined when it can: its provider
 * claimed another class. Such a result is inconclusive, since a driver may change, and never votes.
 *
 * @param actual the class that the result itself names (protocol/task: numericClass)
 */
export function classContradiction(
  check: TaskCheck,
  id: string,
  actual: string | undefined,
): string | undefined {
  if (check.policy.sameNumericClass !== true) return undefined;
  const claimed = check.replicas.find((replica) => replica.id === id)?.numericClass;
  return claimed === actual ? undefined : 'computed on GPUs of another numeric class than it claimed';
}
