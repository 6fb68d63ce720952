import { type PlacementRefusal, placementRefusal } from '../../../verification/task/placement.ts';
import type { Holder, TaskCheck } from '../../../verification/task/task-check.ts';

/** Why a replica was lost whose provider let its time run out. */
export const LATE = 'late';

/**
 * Why this provider gets no replica of a task; undefined when it may. Beside what verification says, who was late with
 * this very task counts as one that has failed at it: a staller must not hold it forever.
 */
export function refuseHolder(check: TaskCheck, holder: Holder): PlacementRefusal | undefined {
  const wasLate = check.replicas.some(
    ({ peer, phase, reason }) => peer === holder.peer && phase === 'lost' && reason === LATE,
  );
  return placementRefusal(check, holder) ?? (wasLate ? 'has-failed' : undefined);
}
