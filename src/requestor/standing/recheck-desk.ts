import type { Random } from '../../base/random.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { recheckTask } from '../../verification/task/recheck-task.ts';
import type { JobParts } from '../job-parts.ts';
import type { LeaseDesk } from '../leases/lease-desk.ts';
import type { ResultRecord } from '../records.ts';
import type { JobProgress } from '../results/job-progress.ts';
import { keptOf } from '../results/result-keeper.ts';
import type { Statements } from '../results/statements.ts';
import type { TaskDesk } from '../results/task-desk.ts';
import type { TaskTeller } from '../results/task-teller.ts';
import type { LinkBook } from '../seats/link-book.ts';
import type { ReleaseDesk } from './release-desk.ts';

type CheckedBy = 'provider' | 'own-device';

/** What the desk works with. */
export interface RecheckDeskInit {
  readonly parts: JobParts;
  readonly progress: JobProgress;
  readonly links: LinkBook;
  readonly leases: LeaseDesk;
  readonly releases: ReleaseDesk;
  readonly statements: Statements;
  readonly teller: TaskTeller;
  readonly tasks: () => TaskDesk;
  readonly random: Random;
  /** A result counts no more. */
  readonly onTakenBack: (task: number) => void;
  /** A check came to nothing, and the result stands as before. */
  readonly onKept: () => void;
}

/** Takes results back and has standing ones checked again: after somebody was caught, and before the job closes. */
export class RecheckDesk {
  readonly #init: RecheckDeskInit;
  /** Standing results that are being checked. */
  readonly #open = new Set<number>();
  /** Those that this device checks. */
  readonly #own = new Set<number>();
  /** Those that are being used as ringers: checked as soon as that is over. */
  readonly #waiting = new Map<number, { readonly reason: string; readonly by: CheckedBy }>();
  #canCompute = true;

  constructor(init: RecheckDeskInit) {
    this.#init = init;
  }

  /** Standing results that are being checked again. */
  get open(): number {
    return this.#open.size;
  }

  /** A verdict was reached, or the task came to nothing. */
  ended(task: number): void {
    this.#waiting.delete(task);
    this.#open.delete(task);
    this.#own.delete(task);
    this.#count();
  }

  /** A task is no ringer any more: a check that waited for that begins. */
  ringerEnded(task: number): void {
    const waiting = this.#waiting.get(task);
    if (waiting === undefined) return;
    this.ended(task);
    void this.check(task, waiting.reason, waiting.by);
  }

  /** Replicas that closing checks may want, cautiously: two for each provider with results that stand for now. */
  get reserve(): number {
    const { releases, links } = this.#init;
    return Math.min(releases.book.provisional, 2 * links.all.filter(({ told }) => told.heldTasks > 0).length);
  }

  /** Can this device run the job's tasks, as far as it tried? */
  get canCompute(): boolean {
    return this.#canCompute;
  }

  /** This device could not run a task: what it was to check stands as before, further checks are left to providers. */
  ownRunFailed(task: number): void {
    this.#canCompute = false;
    if (!this.#own.has(task)) return;
    this.#init.tasks().keep(task);
    this.ended(task);
    this.#init.onKept();
  }

  /** A provider was caught: what only it supports runs again, what too few support is checked again, and nothing held is paid. */
  discard(peer: PeerId, reason: string): void {
    const { parts, progress, links, leases, releases, teller, statements } = this.#init;
    const tasks = this.#init.tasks();
    tasks.ban(peer);
    const { rerun, recheck } = releases.book.ban(peer);
    for (const link of links.of(peer)) {
      for (const { lease, task } of link.told.held) {
        leases.release(link, lease, task, 'rejected', reason);
        teller.tell(task, { type: 'verdict', lease, peer, outcome: 'rejected', reason });
      }
    }
    for (const task of rerun) {
      this.#waiting.delete(task);
      this.ended(task);
      this.#init.onTakenBack(task);
      // Should the store refuse, a reload finds it supported by nobody, and a rerun replaces it.
      parts.keeper.drop(task).catch(() => {});
      progress.reopen(task);
      tasks.reopen(task);
      statements.forget(task);
      teller.tell(task, { type: 'reopened', reason: 'the only provider behind it was caught' });
    }
    for (const task of recheck) void this.check(task, 'a provider behind it was caught');
  }

  /** Has a standing result checked by one more provider, or by this device. Never rejects. */
  async check(task: number, reason: string, by: CheckedBy = 'provider'): Promise<void> {
    if (this.#open.has(task)) return;
    this.#open.add(task);
    this.#count();
    const record = await this.#init.parts.keeper.get(task).catch(() => undefined);
    if (this.#init.releases.book.standing(task) === undefined) return this.ended(task);
    if (this.#init.tasks().check(task)?.isRinger === true)
      return void this.#waiting.set(task, { reason, by });
    // Without its record there is nothing to compare with, and nothing to show: it runs again.
    if (record === undefined) return this.#lost(task);
    const { manifest } = this.#init.parts.record;
    this.#init.teller.tell(task, { type: 'rechecked', reason });
    const check = recheckTask(manifest.policy, manifest.comparator.class, this.#votes(record));
    if (by === 'own-device') this.#own.add(task);
    this.#init.tasks().recheck(task, check, keptOf(record), by === 'own-device');
  }

  /**
   * Begins the checks that the job needs before it closes; false when it needs none. To be asked when every task has a
   * result and none is being checked.
   */
  beginClosing(): boolean {
    const { releases, random } = this.#init;
    const checks = releases.book.closingChecks(random, this.#canCompute);
    for (const { task, by } of checks) void this.check(task, 'a check before the job closes', by);
    return checks.length > 0;
  }

  /** Those who still stand behind a result, as votes. All of them agreed with the bytes that are kept. */
  #votes({ task, supporters, digest = '' }: ResultRecord) {
    const standing = this.#init.releases.book.standing(task)?.supporters ?? [];
    return supporters.flatMap((supporter) => {
      const { peer, agreement, lease, numericClass } = supporter;
      const link = this.#init.links.get(agreement);
      const payee = supporter.payee ?? link?.payee;
      if (lease === undefined || payee === undefined || !standing.includes(peer)) return [];
      const numeric = numericClass === undefined ? {} : { numericClass };
      const network = link?.network === undefined ? {} : { networkPrefix: link.network };
      return [{ id: lease, peer, payee, digest, ...numeric, ...network }];
    });
  }

  #lost(task: number): void {
    const { progress } = this.#init;
    this.ended(task);
    progress.reopen(task);
    this.#init.tasks().reopen(task);
  }

  #count(): void {
    this.#init.progress.closingChecks = this.#open.size;
  }
}
