import { isLive, type TaskCheck } from '../../../verification/task/task-check.ts';

/** What those that work on a task call for beside them; its check asks for it when they have committed. */
export function missingReplicas({ replicas, atLeast, isRinger }: TaskCheck): number {
  const counted = replicas.filter((replica) => isLive(replica) || replica.phase === 'revealed');
  if (isRinger === true || counted.length === 0) return 0;
  return Math.max(0, Math.max(atLeast, ...counted.map(({ need }) => need)) - counted.length);
}
