import type { Bytes } from '../../base/bytes.ts';
import { toKilnError } from '../../base/errors.ts';
import { sleep } from '../../base/time.ts';
import type { TaskQueue } from '../../market/queue.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { Result } from '../../protocol/task.ts';
import { type Arbiter, decide, type Rejected, type Verdict } from '../../verification/task/decide.ts';
import { type Holder, OWN_RESULT, type Replica, type TaskCheck } from '../../verification/task/task-check.ts';
import { STORE_RETRY_DELAYS_MS } from '../constants.ts';
import { compareReplicas, digestOf, gatherAgreed, type VerifierWord, judgeReplica } from './evidence.ts';
import type { NeighbourRule } from './placement/neighbour-rule.ts';
import type { ResultDesk } from './result-desk.ts';
import type { Kept, Outputs } from './result-keeper.ts';
import type { TaskTable } from './task-table.ts';
import type { TaskTeller } from './task-teller.ts';

/** What came of a check: what counts, and what does not. */
export interface Judged {
  readonly task: number;
  readonly verdict: Verdict;
  /** Hex digest of the result that counts. */
  readonly digest: string;
  /** What the verdict is about, with every replica that was leased to somebody. */
  readonly check: TaskCheck;
  /** False once something happened since that may change the verdict: somebody was banned. */
  readonly isCurrent: () => boolean;
}

/** A task's end, with the accepted result and its small outputs. */
export interface Settled extends Judged, Kept {}

/** Code of the error of a settlement that was overtaken: the task is decided again. */
export const VERDICT_CHANGED = 'requestor/verdict-changed';

/** What the steps tell the owner of the tasks to do. */
export interface TaskStepsActions {
  readonly askReveal: (lease: string, task: number, withBytes: boolean) => void;
  /** Others were faster: this replica is not needed any more. */
  readonly dropReplica: (lease: string, task: number) => void;
  /** Who could be given a task now. @default nobody knows: tasks wait for whoever comes */
  readonly holders?: () => readonly Holder[];
  /** Those of them that have credit left, or will when they are done with what they have in hand. @default all of them */
  readonly takers?: () => readonly Holder[];
  /** This device could not check a task by itself: the verdict is left to the votes. */
  readonly auditFailed?: (task: number, reason: string) => void;
  /** Runs the task on the requestor's own device. */
  readonly recompute: (
    task: number,
  ) => Promise<{ result: Result; digest: string; inline: Record<string, Bytes> }>;
  /** Runs the job's verifier program on the outputs of a result. */
  readonly verify: (task: number, outputs: Outputs) => Promise<VerifierWord>;
  /** This provider lied about its own commitment, or a verifier found its result wrong: that needs no verdict. */
  readonly caught: (lease: string, task: number, reason: string) => void;
  /** The job's verifier ran and could make nothing of a result. */
  readonly unjudged?: (lease: string, task: number) => void;
  /** A provider showed a digest and not the bytes that belong to it. Whether it is wrong, too, the verdict says. */
  readonly withheld?: (lease: string) => void;
  /** Stores the result, then pays; resolves when it is stored. Throws {@link VERDICT_CHANGED}, and pays nobody, when it no longer holds. */
  readonly settle: (settled: Settled) => Promise<void>;
  /** The same for a task whose answer was known before: only its provider was to be checked. */
  readonly settleRinger: (judged: Judged) => Promise<void>;
  /** A task is no ringer any more: it may be checked as any other. */
  readonly ringerEnded?: (task: number) => void;
  /** Probability that a result of this provider is right, as the job knows it now. */
  readonly credibilityOf: (peer: PeerId) => number;
  /** Settles disputes on this device. @default numbers and records alone do */
  readonly arbiter?: Arbiter;
  readonly fail: (task: number, reason: string, rejected: readonly Rejected[]) => void;
}

/** What the steps work on. */
export interface TaskStepsInit {
  readonly manifest: Manifest;
  readonly table: TaskTable;
  readonly queue: TaskQueue;
  readonly results: ResultDesk;
  readonly teller: TaskTeller;
  readonly rule: NeighbourRule;
  readonly actions: TaskStepsActions;
}

/** Carries out what `verification` decides about each task, one decision after another. */
export class TaskSteps {
  readonly #init: TaskStepsInit;
  readonly #busy = new Set<number>();

  constructor(init: TaskStepsInit) {
    this.#init = init;
  }

  /** Carries out decisions until nothing more can be done now. One run per task at a time; never rejects. */
  async advance(task: number): Promise<void> {
    if (this.#busy.has(task)) return;
    this.#busy.add(task);
    try {
      for (let failures = 0; !(await this.#tryAdvance(task, failures)); failures++);
    } finally {
      this.#busy.delete(task);
    }
  }

  /** Computes a task on this device. What goes wrong once may go right the second time. Never rejects. */
  async audit(task: number): Promise<void> {
    const { table, results, teller, actions } = this.#init;
    if (!table.apply(task, { type: 'audit-started' })) return;
    teller.tell(task, { type: 'own-run' });
    const recompute = () => actions.recompute(task);
    try {
      const own = await recompute().catch(recompute);
      if (!table.has(task)) return;
      results.addOwn({ lease: OWN_RESULT, task }, own.result, own.inline);
      teller.tell(task, { type: 'own-result', digest: own.digest });
      table.apply(task, { type: 'audited', digest: own.digest });
    } catch (error) {
      const reason = toKilnError(error).message;
      teller.tell(task, { type: 'own-failed', reason });
      table.apply(task, { type: 'audit-failed' });
      actions.auditFailed?.(task, reason);
    }
    await this.advance(task);
  }

  /** False when it failed here, on this device, and shall be tried again now. */
  async #tryAdvance(task: number, failures: number): Promise<boolean> {
    const { table, results } = this.#init;
    try {
      let before: TaskCheck | undefined;
      do {
        before = table.get(task);
        await this.#step(task);
        // What came in meanwhile found this run busy.
      } while (table.get(task) !== before);
      return true;
    } catch (error) {
      const { code, message } = toKilnError(error);
      if (code === 'base/aborted') return true;
      const delayMs = STORE_RETRY_DELAYS_MS[failures];
      if (delayMs === undefined) this.#fail(task, `its result could not be kept: ${message}`, []);
      else await sleep(results.clock, delayMs);
      return delayMs === undefined;
    }
  }

  /** Carries one decision out. Another one follows when this changed what is known. */
  async #step(task: number): Promise<void> {
    const { table, queue, actions } = this.#init;
    const check = table.get(task);
    if (check === undefined) return;
    const decision = decide(check, actions.credibilityOf, actions.arbiter);
    switch (decision.kind) {
      case 'lease':
        if (decision.count > 0 && this.#isRefusedByAll(check)) return void this.audit(task);
        return queue.setWanted(task, decision.count, check.replicas.some(isHeld));
      case 'own-run':
        return void this.audit(task);
      case 'reveal':
        table.apply(task, { type: 'reveal-asked', ids: decision.ids });
        decision.ids.forEach((id, i) => actions.askReveal(id, task, i === 0 || check.comparator !== 'exact'));
        for (const id of decision.surplus) actions.dropReplica(id, task);
        return;
      case 'compare':
        return this.#compare(task, decision.pairs);
      case 'judge':
        return this.#judge(task, decision.ids);
      case 'verdict':
        return this.#settle(task, check, decision);
      case 'failed':
        return this.#fail(task, decision.reason, decision.rejected);
    }
  }

  async #compare(task: number, pairs: readonly (readonly [string, string])[]): Promise<void> {
    const { table, results, manifest, teller, actions } = this.#init;
    for (const pair of pairs) {
      const event = await compareReplicas(results, manifest, task, pair);
      if (!table.apply(task, event)) continue;
      if (event.type === 'compared') teller.tell(task, event);
      else actions.withheld?.(event.id);
    }
  }

  async #judge(task: number, ids: readonly string[]): Promise<void> {
    const { table, results, teller, actions } = this.#init;
    for (const id of ids) {
      const event = await judgeReplica(results, task, id, (outputs) => actions.verify(task, outputs));
      if (!table.apply(task, event)) continue;
      if (event.type !== 'judged') {
        actions.withheld?.(id);
        continue;
      }
      const { id: lease, ...judged } = event;
      teller.tell(task, { lease, ...judged });
      if (judged.outcome === 'wrong')
        actions.caught(lease, task, judged.reason ?? 'the verifier found it wrong');
      // Without a seed it did not run: that is this device's own failure.
      if (judged.outcome === 'inconclusive' && judged.seed !== undefined) actions.unjudged?.(lease, task);
    }
  }

  async #settle(task: number, check: TaskCheck, verdict: Verdict): Promise<void> {
    const { table, results, queue, actions } = this.#init;
    const isCurrent = () => table.get(task) === check;
    if (check.isRinger === true) {
      const digest = digestOf(check, OWN_RESULT) ?? '';
      await actions.settleRinger({ task, verdict, check, digest, isCurrent });
      this.forget(task);
      return actions.ringerEnded?.(task);
    }
    const kept = await gatherAgreed(results, task, check, verdict);
    if ('type' in kept) {
      if (table.apply(task, kept)) actions.withheld?.(kept.id);
      return;
    }
    if (!isCurrent()) return;
    try {
      const digest = digestOf(check, verdict.canonical) ?? '';
      await actions.settle({ task, verdict, ...kept, digest, check, isCurrent });
    } catch (error) {
      if (toKilnError(error).code === VERDICT_CHANGED) return;
      throw error;
    }
    queue.finish(task);
    this.forget(task);
  }

  #fail(task: number, reason: string, rejected: readonly Rejected[]): void {
    const { queue, actions, teller } = this.#init;
    this.forget(task);
    queue.drop(task);
    teller.tell(task, { type: 'failed', reason });
    actions.fail(task, reason, rejected);
  }

  /** Did somebody fail at a task, or say something that nobody else here may confirm? Then this device has to try. */
  #isRefusedByAll(check: TaskCheck): boolean {
    const isBegun = check.replicas.some(({ phase }) => phase === 'inconclusive' || phase === 'revealed');
    if (check.audit.state !== 'none' || !isBegun) return false;
    const holders = this.#init.actions.holders?.() ?? [];
    return (
      holders.length > 1 && holders.every((holder) => this.#init.rule.refuse(check, holder) !== undefined)
    );
  }

  /** A task is no longer under way: its check and the results that it gathered are forgotten. */
  forget(task: number): void {
    const { table, results } = this.#init;
    const check = table.get(task);
    table.delete(task);
    for (const { id } of check?.replicas ?? []) results.forget({ lease: id, task });
    results.forget({ lease: OWN_RESULT, task });
  }
}

/** Has anybody this task in hand, or handed it in? */
function isHeld({ phase }: Replica): boolean {
  return phase === 'leased' || phase === 'committed' || phase === 'revealed';
}
