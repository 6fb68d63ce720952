import { toKilnError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { TaskQueue } from '../../market/queue.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import type { Revealed } from '../../protocol/work.ts';
import { isAudited } from '../../verification/policy/audit.ts';
import type { JobTrust } from '../../verification/job/job-trust.ts';
import { firstReplicas, isVote } from '../../verification/policy/vote.ts';
import { ringerTask } from '../../verification/task/ringer-task.ts';
import { classContradiction } from '../../verification/task/placement.ts';
import {
  type Holder,
  isLive,
  OWN_RESULT,
  type TaskCheck,
  type TaskEvent,
} from '../../verification/task/task-check.ts';
import { checkOutputs } from './check-outputs.ts';
import { type LonelyReason, LonelyTasks } from './placement/lonely-tasks.ts';
import { NeighbourRule } from './placement/neighbour-rule.ts';
import type { ResultDesk } from './result-desk.ts';
import type { Kept } from './result-keeper.ts';
import type { Committed, Statements } from './statements.ts';
import { type Lessee, TaskPlacement } from './placement/task-placement.ts';
import { TaskSteps, type TaskStepsActions } from './task-steps.ts';
import { TaskTable } from './task-table.ts';
import type { TaskTeller } from './task-teller.ts';

/** What the desk tells its owner to do. */
export interface TaskDeskActions extends TaskStepsActions {
  /** Is no other provider at work? */
  readonly isOnlyProvider: (peer: string) => boolean;
  /** A provider committed to a result: from now on, what it hands in later is later than this. */
  readonly committed: (task: number, peer: string) => void;
  /** A provider did not open its commitment: it is about to be trusted anew. @default nobody hears */
  readonly startsOver?: (peer: string) => void;
  /** Too few providers are there to confirm each other's results: may this device? */
  readonly lonely: (why: LonelyReason) => boolean;
  /** Only neighbours in one network are there, and this device cannot compute: they confirm each other. */
  readonly leftToNeighbours?: () => void;
}

/** What the desk is made of. */
export interface TaskDeskInit {
  readonly manifest: Manifest;
  readonly tasks: number;
  readonly results: ResultDesk;
  readonly statements: Statements;
  readonly trust: JobTrust;
  readonly teller: TaskTeller;
  readonly random: Random;
  readonly actions: TaskDeskActions;
}

/** The tasks of one job between "waiting" and "settled": applies what providers do, and has decisions carried out. */
export class TaskDesk {
  /** Which tasks go to whom. */
  readonly placement: TaskPlacement;
  readonly #init: TaskDeskInit;
  readonly #table = new TaskTable();
  readonly #steps: TaskSteps;
  readonly #lonely: LonelyTasks;
  readonly #rule: NeighbourRule;

  constructor(init: TaskDeskInit) {
    this.#init = init;
    const { clock } = init.results;
    const holders = () => init.actions.holders?.() ?? [];
    const rule = new NeighbourRule({
      clock,
      holders,
      canCompute: () => init.actions.arbiter?.canCompute ?? true,
    });
    this.#rule = rule;
    const { isOnlyProvider } = init.actions;
    this.placement = new TaskPlacement({ ...init, table: this.#table, rule, isOnlyProvider });
    this.#steps = new TaskSteps({ ...init, table: this.#table, queue: this.queue, rule });
    this.#lonely = new LonelyTasks({
      clock,
      holders,
      isAmongNeighbours: (check) => rule.isForThisDevice(check),
      takers: () => init.actions.takers?.() ?? init.actions.holders?.() ?? [],
      run: (task) => this.#steps.audit(task),
      mayRun: init.actions.lonely,
    });
  }

  /** Tasks that wait for somebody. */
  get queue(): TaskQueue {
    return this.placement.queue;
  }

  /** What is known of a task under way. */
  check(task: number): TaskCheck | undefined {
    return this.#table.get(task);
  }

  /** Is no task under way? */
  get isIdle(): boolean {
    return this.#table.isEmpty;
  }

  /** Leases a task whose answer is known: `digest`, in hex. To its provider it is a task like any other. */
  ring(task: number, digest: string, lessee: Lessee): void {
    const { policy, comparator } = this.#init.manifest;
    this.#table.set(task, ringerTask(policy, comparator.class, digest));
    this.placement.addReplica(task, lessee, 'ringer');
  }

  /** The known answer of a ringer, for comparisons that need its bytes. */
  answer(task: number, kept: Kept): void {
    if (this.check(task)?.isRinger === true)
      this.#init.results.addOwn({ lease: OWN_RESULT, task }, kept.result, kept.inline);
  }

  /** A provider committed to a task. False when nobody waits for it any more. */
  commit({ lease, task }: { lease: string; task: number }, said: Committed): boolean {
    const { results, statements, teller, manifest, random } = this.#init;
    const check = this.#table.get(task);
    const replica = check?.replicas.find(({ id, phase }) => id === lease && phase === 'leased');
    if (check === undefined || replica === undefined) return false;
    const { commitment, commit, agreement, wallMs } = said;
    results.commit({ lease, task }, commitment);
    statements.commit(task, lease, agreement, commit);
    teller.tell(task, { type: 'committed', lease, peer: replica.peer, commitment, commit, wallMs });
    this.#init.actions.committed(task, replica.peer);
    const isFirst = check.commitOrder.length === 0;
    this.#table.apply(task, { type: 'committed', id: lease });
    if (isFirst && isAudited(manifest.policy, random())) void this.#steps.audit(task);
    void this.#steps.advance(task);
    return true;
  }

  /**
   * A provider revealed a result; a lie about its commitment counts against it. Resolves when that is known, with what
   * follows from it: nobody's stream may wait for that, because it may wait for somebody else. `isVoid`: it is no result
   * that could ever vote.
   */
  async reveal(
    lease: string,
    { peer }: Holder,
    revealed: Revealed,
  ): Promise<{ readonly advanced: Promise<void>; readonly isVoid: boolean }> {
    const { manifest, results, statements, teller, actions } = this.#init;
    const { task, result, nonce } = revealed;
    if (!this.#table.has(task)) return { advanced: Promise.resolve(), isVoid: false };
    let isVoid = false;
    try {
      checkOutputs(manifest, result);
      const digest = await results.reveal({ lease, task }, peer, revealed);
      statements.open(task, lease, { nonce, digest, result });
      const { exit, numericClass } = result;
      const numeric = numericClass === undefined ? {} : { numericClass };
      const check = this.#table.get(task);
      const contradiction = check === undefined ? undefined : classContradiction(check, lease, numericClass);
      const inconclusive = isVote(result) ? contradiction : exit.kind;
      if (inconclusive !== undefined)
        isVoid = this.#end(task, { type: 'inconclusive', id: lease, reason: inconclusive });
      else if (this.#table.apply(task, { type: 'revealed', id: lease, digest }))
        teller.tell(task, { type: 'revealed', lease, peer, digest, nonce, exit, ...numeric });
    } catch (error) {
      const reason = toKilnError(error).message;
      if (this.#end(task, { type: 'broken', id: lease, reason })) actions.caught(lease, task, reason);
    }
    return { advanced: this.#steps.advance(task), isVoid };
  }

  /** Something happened to a replica: it was lost, or could not be run. */
  note(task: number, event: Extract<TaskEvent, { type: 'lost' | 'inconclusive' | 'broken' }>): void {
    this.#end(task, event);
    void this.#steps.advance(task);
  }

  /** A provider was caught: nothing of it counts any more in tasks without a verdict. */
  ban(peer: string): void {
    for (const task of this.#table.tasks) {
      this.#table.apply(task, { type: 'banned', peer });
      void this.#steps.advance(task);
    }
  }

  /** Looks again at what waits for one more opinion: who could have given it may have left. */
  review(): void {
    this.#rule.review();
    const waiting: [number, TaskCheck][] = [];
    for (const task of this.#table.tasks) {
      const check = this.check(task);
      if (check === undefined || this.queue.wanted(task) === 0) continue;
      if (this.#rule.isLeftToNeighbours(check)) this.#init.actions.leftToNeighbours?.();
      if (check.audit.state !== 'none') continue;
      waiting.push([task, check]);
      void this.#steps.advance(task);
    }
    this.#lonely.review(waiting);
  }

  /** A task whose result stands is checked again, by one more replica or on this device. `kept` is that result. */
  recheck(task: number, check: TaskCheck, kept: Kept, isOnOwnDevice: boolean): void {
    const { results } = this.#init;
    for (const { id } of check.replicas) results.addOwn({ lease: id, task }, kept.result, kept.inline);
    this.#table.set(task, check);
    this.queue.reopen(task, 0);
    if (isOnOwnDevice) void this.#steps.audit(task);
    else void this.#steps.advance(task);
  }

  /** A check of a standing result came to nothing: it stands as before. */
  keep(task: number): void {
    for (const { id } of this.check(task)?.replicas.filter(isLive) ?? [])
      this.#init.actions.dropReplica(id, task);
    this.#steps.forget(task);
    this.queue.finish(task);
  }

  /** A verified task must run again. */
  reopen(task: number): void {
    const check = this.check(task);
    // Its answer is known no more: whoever is being checked by it has worked for nothing.
    if (check?.isRinger === true) {
      for (const { id } of check.replicas.filter(isLive)) this.#init.actions.dropReplica(id, task);
      this.#table.delete(task);
    }
    const { policy, comparator } = this.#init.manifest;
    this.queue.reopen(task, firstReplicas(policy, comparator.class));
  }

  /** A replica came to no result that votes. False when that was known, or it is no matter any more. */
  #end(task: number, event: Extract<TaskEvent, { type: 'lost' | 'inconclusive' | 'broken' }>): boolean {
    const { id: lease, type: how, reason } = event;
    const replica = this.check(task)?.replicas.find(({ id }) => id === lease);
    const isNew = this.#table.apply(task, event);
    if (!isNew || replica === undefined) return isNew;
    this.#init.teller.tell(task, { type: 'void', lease, peer: replica.peer, how, reason });
    if (replica.phase === 'committed') {
      this.#init.actions.startsOver?.(replica.peer);
      this.#init.trust.startOver(replica.peer);
    }
    return true;
  }
}
