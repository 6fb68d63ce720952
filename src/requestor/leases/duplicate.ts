import { nextDuplicate, type RunningLease } from '../../market/lease-plan.ts';
import { isLive } from '../../verification/task/task-check.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import type { TaskDesk } from '../results/task-desk.ts';

/** The task that an idle provider should double near the end of a job, because whoever has it is slow; or none. */
export function duplicateFor(
  idle: ProviderLink,
  links: readonly ProviderLink[],
  tasks: TaskDesk,
  nowMs: number,
): number | undefined {
  if (tasks.queue.waiting > 0 || idle.leasesInFlight > 0 || idle.msPerTask === undefined) return undefined;
  const running: RunningLease[] = links.flatMap((link) =>
    [...link.leases.values()].flatMap((lease) =>
      [...lease.tasks].flatMap(([task, { isCommitted }]) => {
        if (isCommitted || link === idle) return [];
        const leased =
          tasks.check(task)?.replicas.filter((replica) => isLive(replica) && replica.phase === 'leased')
            .length ?? 0;
        const expectedMs = link.msPerTask === undefined ? undefined : link.msPerTask * lease.tasks.size;
        return [
          {
            task,
            startedAtMs: lease.leasedAtMs,
            copies: leased,
            ...(expectedMs === undefined ? {} : { expectedMs }),
          },
        ];
      }),
    ),
  );
  const { holder } = idle;
  return nextDuplicate(running, nowMs, idle.msPerTask * 2, (task) => tasks.placement.mayHold(task, holder));
}
