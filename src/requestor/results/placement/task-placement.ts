import type { Random } from '../../../base/random.ts';
import { freshWindow, TaskQueue } from '../../../market/queue.ts';
import type { Manifest } from '../../../protocol/manifest.ts';
import type { JobTrust } from '../../../verification/job/job-trust.ts';
import { firstReplicas } from '../../../verification/policy/vote.ts';
import { type Holder, newTaskCheck } from '../../../verification/task/task-check.ts';
import { missingReplicas } from './missing-replicas.ts';
import type { NeighbourRule } from './neighbour-rule.ts';
import type { LeaseCause } from '../task-events.ts';
import type { TaskTable } from '../task-table.ts';
import type { TaskTeller } from '../task-teller.ts';

/** Who takes tasks, under which lease. */
export interface Lessee {
  readonly lease: string;
  readonly holder: Holder;
  /** Digest of the agreement. */
  readonly agreement: string;
}

/** What a placement depends on. */
export interface TaskPlacementInit {
  readonly manifest: Manifest;
  /** Tasks of the job. */
  readonly tasks: number;
  readonly table: TaskTable;
  readonly rule: NeighbourRule;
  readonly trust: JobTrust;
  readonly teller: TaskTeller;
  readonly random: Random;
  /** Is no other provider at work? */
  readonly isOnlyProvider: (peer: string) => boolean;
}

/** Which tasks go to whom: what waits, who may have it, and who has it now. */
export class TaskPlacement {
  readonly queue: TaskQueue;
  readonly #init: TaskPlacementInit;

  constructor(init: TaskPlacementInit) {
    this.#init = init;
    const { policy, comparator } = init.manifest;
    const first = firstReplicas(policy, comparator.class);
    const mixed = policy.kind === 'adaptive' ? freshWindow(init.tasks) : 1;
    const window = (policy.ringerRate ?? 0) > 0 ? init.tasks : mixed;
    this.queue = new TaskQueue(init.tasks, first, init.random, window);
  }

  /** Replicas that tasks under way still wait for: the budget has to keep enough for them. */
  get pendingReplicas(): number {
    const { table } = this.#init;
    return table.tasks.reduce(
      (count, task) => count + Math.max(this.queue.wanted(task), missingReplicas(table.get(task)!)),
      0,
    );
  }

  /**
   * Takes up to `count` tasks for a provider and marks them as leased to it; at most `fresh` of them are tasks that
   * nobody has begun, because each of those will want more replicas.
   *
   * @param isLast has nobody else credit left? Then what others have begun goes first.
   */
  lease(lessee: Lessee, count: number, fresh: number, isLast = false): number[] {
    const { table, rule, isOnlyProvider } = this.#init;
    const { holder } = lessee;
    let freshLeft = fresh;
    const mayTake = (task: number) => {
      const check = table.get(task);
      if (check === undefined) return freshLeft-- > 0;
      const refusal = rule.refuse(check, holder);
      // Whoever failed at a task gets it again only when nobody else is there to try.
      return refusal === undefined || (refusal === 'has-failed' && isOnlyProvider(holder.peer));
    };
    const tasks = this.queue.take(holder.peer, count, mayTake, isLast);
    // What was refused for lack of money is offered again once there is some.
    if (freshLeft < 0) this.queue.forget(holder.peer);
    for (const task of tasks) {
      const isRecheck = (table.get(task)?.atLeast ?? 1) > 1;
      this.addReplica(task, lessee, isRecheck ? 'check' : 'work');
    }
    return tasks;
  }

  /** One more replica of a task; a `duplicate` is beyond what it asks for. */
  addReplica(task: number, { lease, holder, agreement }: Lessee, cause: LeaseCause): void {
    const { manifest, table, teller, random, trust } = this.#init;
    if (!table.has(task)) table.set(task, newTaskCheck(manifest.policy, manifest.comparator.class));
    const need = trust.neededResults(holder.peer, random());
    table.apply(task, { type: 'leased', id: lease, holder, need });
    teller.tell(task, { type: 'leased', lease, peer: holder.peer, payee: holder.payee, agreement, cause });
  }

  /** May this provider get a replica of this task? Never a second one of a ringer. */
  mayHold(task: number, holder: Holder): boolean {
    const { table, rule } = this.#init;
    const check = table.get(task);
    return check !== undefined && check.isRinger !== true && rule.refuse(check, holder) === undefined;
  }
}
