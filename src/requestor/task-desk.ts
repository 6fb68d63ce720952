import type { Bytes } from '../base/bytes.ts';
import { toKilnError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { TaskQueue } from '../market/queue.ts';
import type { ElementType, Manifest } from '../protocol/manifest.ts';
import type { Result } from '../protocol/task.ts';
import type { Revealed } from '../protocol/work.ts';
import { isAudited } from '../verification/audit.ts';
import { compareResults } from '../verification/compare.ts';
import { decide, type Rejected, type Verdict } from '../verification/decide.ts';
import { placementRefusal } from '../verification/placement.ts';
import {
  type Holder,
  newTaskCheck,
  next,
  OWN_RESULT,
  type Replica,
  type TaskCheck,
  type TaskEvent,
} from '../verification/task-check.ts';
import { firstReplicas, isVote, neededResults } from '../verification/vote.ts';
import type { ResultDesk } from './result-desk.ts';

/** A task's end: what counts, what does not, and the accepted result with its small outputs. */
export interface Settled {
  readonly task: number;
  readonly verdict: Verdict;
  readonly result: Result;
  readonly inline: Record<string, Bytes>;
  /** Every replica of the task that was leased to somebody. */
  readonly replicas: readonly Replica[];
}

/** What the desk tells its owner to do. */
export interface TaskDeskActions {
  readonly askReveal: (lease: string, task: number, withBytes: boolean) => void;
  /** Others were faster: this replica is not needed any more. */
  readonly dropReplica: (lease: string, task: number) => void;
  /** Is no other provider at work? */
  readonly isOnlyProvider: (peer: string) => boolean;
  /** Runs the task on the requestor's own device. */
  readonly recompute: (
    task: number,
  ) => Promise<{ result: Result; digest: string; inline: Record<string, Bytes> }>;
  /** Stores the result, then pays; resolves when it is stored. */
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

  /** A provider revealed a result; a lie about its commitment counts against it. */
  async reveal(lease: string, holder: Holder, revealed: Revealed): Promise<void> {
    const { task } = revealed;
    if (!this.#checks.has(task)) return;
    try {
      const digest = await this.#results.reveal({ lease, task }, holder.peer, revealed);
      if (isVote(revealed.result.exit)) this.#apply(task, { type: 'revealed', id: lease, digest });
      else this.#apply(task, { type: 'inconclusive', id: lease, reason: revealed.result.exit.kind });
    } catch (error) {
      this.#apply(task, { type: 'broken', id: lease, reason: toKilnError(error).message });
    }
    await this.#advance(task);
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

  /** Carries out decisions until nothing more can be done now. One run per task at a time. */
  async #advance(task: number): Promise<void> {
    if (this.#busy.has(task)) return;
    this.#busy.add(task);
    try {
      while (await this.#step(task));
    } finally {
      this.#busy.delete(task);
    }
  }

  /** One decision; true when another may follow at once. */
  async #step(task: number): Promise<boolean> {
    const check = this.#checks.get(task);
    if (check === undefined) return false;
    const decision = decide(check);
    switch (decision.kind) {
      case 'lease':
        this.queue.setWanted(task, decision.count);
        return false;
      case 'reveal':
        this.#apply(task, { type: 'reveal-asked', ids: decision.ids });
        decision.ids.forEach((id, i) => this.#actions.askReveal(id, task, i === 0 || !check.isExact));
        for (const id of decision.surplus) this.#actions.dropReplica(id, task);
        return false;
      case 'compare':
        for (const [a, b] of decision.pairs) await this.#compare(task, a, b);
        return true;
      case 'verdict':
        await this.#settle(task, check, decision);
        return this.#checks.has(task);
      case 'failed':
        this.#forget(task, check);
        this.queue.drop(task);
        this.#actions.fail(task, decision.reason, decision.rejected);
        return false;
    }
  }

  async #compare(task: number, a: string, b: string): Promise<void> {
    const outputs = async (lease: string) => {
      try {
        const origin = { lease, task };
        return { exit: this.#results.resultOf(origin)!.exit, outputs: await this.#results.outputs(origin) };
      } catch {
        return undefined;
      }
    };
    const [left, right] = [await outputs(a), await outputs(b)];
    if (left === undefined || right === undefined) {
      // Whoever cannot produce the bytes it committed to has no result.
      const missing = left === undefined ? a : b;
      return this.#apply(task, {
        type: 'broken',
        id: missing,
        reason: 'did not send the bytes of its result',
      });
    }
    const compared = compareResults(this.#manifest.comparator, left, right, (path) =>
      elementOf(this.#manifest, path),
    );
    this.#apply(task, { type: 'compared', a, b, ...compared });
  }

  async #settle(task: number, check: TaskCheck, verdict: Verdict): Promise<void> {
    const digestOf = (id: string) => check.replicas.find((replica) => replica.id === id)?.digest;
    const canonical = digestOf(verdict.canonical);
    const sources = [verdict.canonical, ...verdict.accepted.filter((id) => digestOf(id) === canonical)]
      .filter((id, i, all) => all.indexOf(id) === i)
      .sort(
        (a, b) =>
          Number(this.#results.hasBytes({ lease: b, task })) -
          Number(this.#results.hasBytes({ lease: a, task })),
      );
    let kept: { result: Result; inline: Record<string, Bytes> } | undefined;
    for (const lease of sources) {
      kept = await this.#results.gather({ lease, task }).catch(() => undefined);
      if (kept !== undefined) break;
    }
    // Nobody can hand out the agreed bytes any more: the agreed digest still tells whether our own run is right.
    kept ??= await this.#actions.recompute(task);
    const { replicas } = this.#checks.get(task) ?? check;
    await this.#actions.settle({ task, verdict, ...kept, replicas });
    this.queue.finish(task);
    this.#forget(task, check);
  }

  async #audit(task: number): Promise<void> {
    this.#apply(task, { type: 'audit-started' });
    try {
      const own = await this.#actions.recompute(task);
      this.#results.addOwn({ lease: OWN_RESULT, task }, own.result, own.inline);
      this.#apply(task, { type: 'audited', digest: own.digest });
    } catch {
      this.#apply(task, { type: 'audit-failed' });
    }
    await this.#advance(task);
  }

  #forget(task: number, check: TaskCheck): void {
    this.#checks.delete(task);
    for (const { id } of check.replicas) this.#results.forget({ lease: id, task });
    this.#results.forget({ lease: OWN_RESULT, task });
  }
}

/** Element type of an output: what the manifest says for GPU buffers, bytes otherwise. */
function elementOf({ program }: Manifest, path: string): ElementType {
  return program.kind === 'wgsl' ? (program.outputs[path]?.element ?? 'u8') : 'u8';
}
