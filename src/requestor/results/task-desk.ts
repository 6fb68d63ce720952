import type { Bytes } from '../../base/bytes.ts';
import { toKilnError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { sleep } from '../../base/time.ts';
import { TaskQueue } from '../../market/queue.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import type { Result } from '../../protocol/task.ts';
import type { Revealed } from '../../protocol/work.ts';
import { isAudited } from '../../verification/policy/audit.ts';
import { decide, type Rejected, type Verdict } from '../../verification/task/decide.ts';
import { placementRefusal } from '../../verification/task/placement.ts';
import {
  type Holder,
  newTaskCheck,
  next,
  OWN_RESULT,
  type Replica,
  type TaskCheck,
  type TaskEvent,
} from '../../verification/task/task-check.ts';
import { firstReplicas, isVote, neededResults } from '../../verification/policy/vote.ts';
import { checkOutputs } from './check-outputs.ts';
import { STORE_RETRY_DELAYS_MS } from '../constants.ts';
import { compareReplicas, gatherAgreed } from './evidence.ts';
import type { ResultDesk } from './result-desk.ts';

/** A task's end: what counts, what does not, and the accepted result with its small outputs. */
export interface Settled {
  readonly task: number;
  readonly verdict: Verdict;
  readonly result: Result;
  readonly inline: Record<string, Bytes>;
  /** Every replica of the task that was leased to somebody. */
  readonly replicas: readonly Replica[];
  /** False once something happened since that may change the verdict: somebody was banned. */
  readonly isCurrent: () => boolean;
}

/** Code of the error of a settlement that was overtaken: the task is decided again. */
export const VERDICT_CHANGED = 'requestor/verdict-changed';

/** What the desk tells its owner to do. */
export interface TaskDeskActions {
  readonly askReveal: (lease: string, task: number, withBytes: boolean) => void;
  /** Others were faster: this replica is not needed any more. */
  readonly dropReplica: (lease: string, task: number) => void;
  /** Is no other provider at work? */
  readonly isOnlyProvider: (peer: string) => boolean;
  /** Who could be given a task now. @default nobody knows: tasks wait for whoever comes */
  readonly holders?: () => readonly Holder[];
  /** This device could not check a task by itself: the verdict is left to the votes. */
  readonly auditFailed?: (task: number, reason: string) => void;
  /** Runs the task on the requestor's own device. */
  readonly recompute: (
    task: number,
  ) => Promise<{ result: Result; digest: string; inline: Record<string, Bytes> }>;
  /** Stores the result, then pays; resolves when it is stored. Throws {@link VERDICT_CHANGED}, and pays nobody, when it no longer holds. */
  readonly settle: (settled: Settled) => Promise<void>;
  readonly fail: (task: number, reason: string, rejected: readonly Rejected[]) => void;
}

/** The tasks of one job between "waiting" and "verified": applies events, asks `verification`, carries its decisions out. */
export class TaskDesk {
  readonly queue: TaskQueue;
  readonly #manifest: Manifest;
  readonly #results: ResultDesk;
  readonly #random: Random;
  readonly #actions: TaskDeskActions;
  readonly #checks = new Map<number, TaskCheck>();
  readonly #busy = new Set<number>();

  constructor(
    manifest: Manifest,
    tasks: number,
    results: ResultDesk,
    random: Random,
    actions: TaskDeskActions,
  ) {
    this.queue = new TaskQueue(tasks, firstReplicas(manifest.policy), random);
    this.#manifest = manifest;
    this.#results = results;
    this.#random = random;
    this.#actions = actions;
  }

  /** What is known of a task under way. */
  check(task: number): TaskCheck | undefined {
    return this.#checks.get(task);
  }

  /** Replicas that tasks under way still wait for: the budget has to keep enough for them. */
  get pendingReplicas(): number {
    let count = 0;
    for (const task of this.#checks.keys()) count += this.queue.wanted(task);
    return count;
  }

  /**
   * Takes up to `count` tasks for a provider and marks them as leased to it; at most `fresh` of them are tasks that
   * nobody has begun, because each of those will want more replicas.
   */
  lease(lease: string, holder: Holder, consecutiveValid: number, count: number, fresh: number): number[] {
    let freshLeft = fresh;
    const mayTake = (task: number) => {
      const check = this.#checks.get(task);
      if (check === undefined) return freshLeft-- > 0;
      const refusal = placementRefusal(check, holder);
      // Whoever failed at a task gets it again only when nobody else is there to try.
      return refusal === undefined || (refusal === 'has-failed' && this.#actions.isOnlyProvider(holder.peer));
    };
    const tasks = this.queue.take(holder.peer, count, mayTake);
    // What was refused for lack of money is offered again once there is some.
    if (freshLeft < 0) this.queue.forget(holder.peer);
    for (const task of tasks) this.addReplica(task, lease, holder, consecutiveValid);
    return tasks;
  }

  /** One more replica of a task, beyond what it asks for: a duplicate of a slow one. */
  addReplica(task: number, lease: string, holder: Holder, consecutiveValid: number): void {
    const { policy, comparator } = this.#manifest;
    const check = this.#checks.get(task) ?? newTaskCheck(policy, comparator.class === 'exact');
    const need = neededResults(policy, consecutiveValid, this.#random());
    this.#checks.set(task, next(check, { type: 'leased', id: lease, holder, need }));
  }

  /** May this provider get a replica of this task? */
  mayHold(task: number, holder: Holder): boolean {
    const check = this.#checks.get(task);
    return check !== undefined && placementRefusal(check, holder) === undefined;
  }

  /** A provider committed to a task. False when nobody waits for it any more. */
  commit(lease: string, task: number, commitment: Uint8Array): boolean {
    const check = this.#checks.get(task);
    if (check === undefined || !check.replicas.some(({ id, phase }) => id === lease && phase === 'leased'))
      return false;
    this.#results.commit({ lease, task }, commitment);
    const isFirst = check.commitOrder.length === 0;
    this.#apply(task, { type: 'committed', id: lease });
    if (isFirst && isAudited(this.#manifest.policy, this.#random())) void this.#audit(task);
    void this.#advance(task);
    return true;
  }

  /**
   * A provider revealed a result; a lie about its commitment counts against it. Resolves when that is known, with what
   * follows from it: nobody's stream may wait for that, because it may wait for somebody else.
   */
  async reveal(
    lease: string,
    holder: Holder,
    revealed: Revealed,
  ): Promise<{ readonly advanced: Promise<void> }> {
    const { task } = revealed;
    if (!this.#checks.has(task)) return { advanced: Promise.resolve() };
    try {
      checkOutputs(this.#manifest, revealed.result);
      const digest = await this.#results.reveal({ lease, task }, holder.peer, revealed);
      if (isVote(revealed.result)) this.#apply(task, { type: 'revealed', id: lease, digest });
      else this.#apply(task, { type: 'inconclusive', id: lease, reason: revealed.result.exit.kind });
    } catch (error) {
      this.#apply(task, { type: 'broken', id: lease, reason: toKilnError(error).message });
    }
    return { advanced: this.#advance(task) };
  }

  /** Something happened to a replica: it was lost, or could not be run. */
  note(task: number, event: Extract<TaskEvent, { type: 'lost' | 'inconclusive' | 'broken' }>): void {
    this.#apply(task, event);
    void this.#advance(task);
  }

  /** A provider was caught: nothing of it counts any more in tasks without a verdict. */
  ban(peer: string): void {
    for (const task of [...this.#checks.keys()]) {
      this.#apply(task, { type: 'banned', peer });
      void this.#advance(task);
    }
  }

  /** A verified task must run again. */
  reopen(task: number): void {
    this.queue.reopen(task, firstReplicas(this.#manifest.policy));
  }

  #apply(task: number, event: TaskEvent): void {
    const check = this.#checks.get(task);
    if (check !== undefined) this.#checks.set(task, next(check, event));
  }

  /** Carries out decisions until nothing more can be done now. One run per task at a time; never rejects. */
  async #advance(task: number): Promise<void> {
    if (this.#busy.has(task)) return;
    this.#busy.add(task);
    try {
      for (let failures = 0; !(await this.#tryAdvance(task, failures)); failures++);
    } finally {
      this.#busy.delete(task);
    }
  }

  /** False when it failed here, on this device, and shall be tried again now. */
  async #tryAdvance(task: number, failures: number): Promise<boolean> {
    try {
      let before: TaskCheck | undefined;
      do {
        before = this.#checks.get(task);
        await this.#step(task);
        // What came in meanwhile found this run busy.
      } while (this.#checks.get(task) !== before);
      return true;
    } catch (error) {
      const { code, message } = toKilnError(error);
      if (code === 'base/aborted') return true;
      const delayMs = STORE_RETRY_DELAYS_MS[failures];
      if (delayMs === undefined) this.#fail(task, `its result could not be kept: ${message}`, []);
      else await sleep(this.#results.clock, delayMs);
      return delayMs === undefined;
    }
  }

  /** Carries one decision out. Another one follows when this changed what is known. */
  async #step(task: number): Promise<void> {
    const check = this.#checks.get(task);
    if (check === undefined) return;
    const decision = decide(check);
    switch (decision.kind) {
      case 'lease':
        if (decision.count > 0 && this.#isRefusedByAll(check)) return void this.#audit(task);
        return this.queue.setWanted(task, decision.count);
      case 'own-run':
        return void this.#audit(task);
      case 'reveal':
        this.#apply(task, { type: 'reveal-asked', ids: decision.ids });
        decision.ids.forEach((id, i) => this.#actions.askReveal(id, task, i === 0 || !check.isExact));
        for (const id of decision.surplus) this.#actions.dropReplica(id, task);
        return;
      case 'compare':
        for (const pair of decision.pairs)
          this.#apply(task, await compareReplicas(this.#results, this.#manifest, task, pair));
        return;
      case 'verdict':
        return this.#settle(task, check, decision);
      case 'failed':
        return this.#fail(task, decision.reason, decision.rejected);
    }
  }

  async #settle(task: number, check: TaskCheck, verdict: Verdict): Promise<void> {
    const kept = await gatherAgreed(this.#results, task, check, verdict);
    if ('type' in kept) return this.#apply(task, kept);
    const isCurrent = () => this.#checks.get(task) === check;
    if (!isCurrent()) return;
    try {
      await this.#actions.settle({ task, verdict, ...kept, replicas: check.replicas, isCurrent });
    } catch (error) {
      if (toKilnError(error).code === VERDICT_CHANGED) return;
      throw error;
    }
    this.queue.finish(task);
    this.#forget(task, check);
  }

  #fail(task: number, reason: string, rejected: readonly Rejected[]): void {
    const check = this.#checks.get(task);
    if (check !== undefined) this.#forget(task, check);
    this.queue.drop(task);
    this.#actions.fail(task, reason, rejected);
  }

  /** Did somebody fail at a task that nobody else may take? Then this device has to try. */
  #isRefusedByAll(check: TaskCheck): boolean {
    if (check.audit.state !== 'none' || check.replicas.every(({ phase }) => phase !== 'inconclusive'))
      return false;
    const holders = this.#actions.holders?.() ?? [];
    return holders.length > 1 && holders.every((holder) => placementRefusal(check, holder) !== undefined);
  }

  /** Computes a task on this device. What goes wrong once may go right the second time. */
  async #audit(task: number): Promise<void> {
    this.#apply(task, { type: 'audit-started' });
    const recompute = () => this.#actions.recompute(task);
    try {
      const own = await recompute().catch(recompute);
      if (!this.#checks.has(task)) return;
      this.#results.addOwn({ lease: OWN_RESULT, task }, own.result, own.inline);
      this.#apply(task, { type: 'audited', digest: own.digest });
    } catch (error) {
      this.#apply(task, { type: 'audit-failed' });
      this.#actions.auditFailed?.(task, toKilnError(error).message);
    }
    await this.#advance(task);
  }

  #forget(task: number, check: TaskCheck): void {
    this.#checks.delete(task);
    for (const { id } of check.replicas) this.#results.forget({ lease: id, task });
    this.#results.forget({ lease: OWN_RESULT, task });
  }
}
