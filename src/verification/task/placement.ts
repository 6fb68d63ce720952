import type { Holder, TaskCheck } from './task-check.ts';

/** Why a provider may not get a replica of a task. `has-failed` may be waived when nobody else is there. */
export type PlacementRefusal = 'same-peer' | 'same-payee' | 'has-failed';

/**
 * Why this provider may not get (another) replica of the task, or undefined when it may. Whoever holds or delivered a
 * replica gets no second one, under this peer id or this payee; who lost one (a closed tab) may try again.
 */
export function placementRefusal(check: TaskCheck, holder: Holder): PlacementRefusal | undefined {
  let failed: PlacementRefusal | undefined;
  for (const replica of check.replicas) {
    if (replica.phase === 'lost') continue;
    const isSamePeer = replica.peer === holder.peer;
    if (!isSamePeer && replica.payee.toLowerCase() !== holder.payee.toLowerCase()) continue;
    if (replica.phase !== 'inconclusive') return isSamePeer ? 'same-peer' : 'same-payee';
    failed = 'has-failed';
  }
  return failed;
}
