import type { Random } from '../../base/random.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { Holder } from '../../verification/task/task-check.ts';
import { drawRinger } from '../../verification/task/ringer-task.ts';
import { MAX_KNOWN_ANSWERS } from '../constants.ts';
import type { JobParts } from '../job-parts.ts';
import type { ResultRecord } from '../records.ts';
import { keptOf } from '../results/result-keeper.ts';
import type { Lessee } from '../results/placement/task-placement.ts';
import type { TaskDesk } from '../results/task-desk.ts';
import type { RecheckDesk } from './recheck-desk.ts';

/** Ringers saved up for one provider while no answer is known that it may be asked for. */
const MAX_RINGERS_DUE = 4;

/** What the desk works with. */
export interface RingerDeskInit {
  readonly parts: JobParts;
  readonly rechecks: RecheckDesk;
  readonly tasks: () => TaskDesk;
  readonly random: Random;
}

/** A task whose answer is known, and who has had it. */
interface Answer {
  readonly digest: string;
  /** Peers and payees, in lower case. */
  readonly holders: Set<string>;
}

/**
 * Mixes tasks whose answer is known into leases, as often as the policy says. Nothing tells them from work: same leases,
 * deadlines, reveals, verdicts and pay.
 */
export class RingerDesk {
  readonly #init: RingerDeskInit;
  readonly #rate: number;
  readonly #answers = new Map<number, Answer>();
  /** Tasks of {@link #answers}, to draw from. */
  #known: number[] = [];
  /** Results that stand on one word: one of them is computed here when no known answer is left for somebody. */
  readonly #lone = new Set<number>();
  /** Ringers that each provider is to get with its next leases. */
  readonly #due = new Map<PeerId, number>();
  #ownRuns = 0;

  constructor(init: RingerDeskInit) {
    this.#init = init;
    this.#rate = init.parts.record.manifest.policy.ringerRate ?? 0;
  }

  /** A result stands: its answer is known when this device, or several providers, found it. `holders` had the task. */
  learn(
    { task, digest, isProven, isProvisional, supporters }: ResultRecord,
    holders: readonly Holder[],
  ): void {
    if (this.#rate === 0 || digest === undefined) return;
    const isKnown = isProvisional !== true && (isProven === true || supporters.length > 1);
    if (!isKnown) return void this.#lone.add(task);
    this.#lone.delete(task);
    const answer = this.#answers.get(task) ?? { digest, holders: new Set<string>() };
    for (const { peer, payee } of [...holders, ...supporters]) {
      answer.holders.add(peer);
      if (payee !== undefined) answer.holders.add(payee.toLowerCase());
    }
    if (this.#answers.has(task) || this.#known.length >= MAX_KNOWN_ANSWERS) return;
    this.#answers.set(task, answer);
    this.#known.push(task);
  }

  /** A result was taken back. */
  forget(task: number): void {
    this.#lone.delete(task);
    if (this.#answers.delete(task)) this.#known = this.#known.filter((known) => known !== task);
  }

  /** A provider was leased so much work: by chance, ringers are due to it with its next leases. */
  noteLeased(peer: PeerId, tasks: number): void {
    if (this.#rate === 0) return;
    let due = this.#due.get(peer) ?? 0;
    for (let i = 0; i < tasks; i++) if (this.#init.random() < this.#rate) due++;
    this.#due.set(peer, Math.min(due, MAX_RINGERS_DUE));
  }

  /** Leases a provider the ringers that are due to it, up to `most`; the result are their tasks. */
  lease(lessee: Lessee, most: number): number[] {
    const { random, tasks, parts } = this.#init;
    const { peer } = lessee.holder;
    const drawn: number[] = [];
    const mayHave = (task: number) => tasks().check(task) === undefined && !this.#hasHad(task, lessee.holder);
    const always = { ...parts.record.manifest.policy, ringerRate: 1 };
    for (let due = this.#due.get(peer) ?? 0; due > 0 && drawn.length < most; due--) {
      const task = drawRinger(always, this.#known, random, mayHave);
      if (task === undefined) {
        this.#findOut();
        break;
      }
      this.#due.set(peer, due - 1);
      this.#ring(task, lessee);
      drawn.push(task);
    }
    return drawn;
  }

  #ring(task: number, lessee: Lessee): void {
    const { parts, tasks } = this.#init;
    const { digest, holders } = this.#answers.get(task)!;
    holders.add(lessee.holder.peer).add(lessee.holder.payee.toLowerCase());
    tasks().ring(task, digest, lessee);
    // Only a tolerance needs the bytes.
    if (parts.record.manifest.comparator.class !== 'tolerance') return;
    void parts.keeper
      .get(task)
      .then((record) => record !== undefined && tasks().answer(task, keptOf(record)))
      .catch(() => {});
  }

  #hasHad(task: number, { peer, payee }: Holder): boolean {
    const holders = this.#answers.get(task)?.holders;
    return holders === undefined || holders.has(peer) || holders.has(payee.toLowerCase());
  }

  /** Computes one lone result here: it is checked by that, and its answer known. Never more of them than ringers are wanted. */
  #findOut(): void {
    const { rechecks, parts, random } = this.#init;
    if (!rechecks.canCompute || rechecks.open > 0 || this.#lone.size === 0) return;
    if (this.#ownRuns >= Math.max(1, this.#rate * parts.taskCount)) return;
    this.#ownRuns++;
    const lone = [...this.#lone];
    const task = lone[Math.floor(random() * lone.length)]!;
    void rechecks.check(task, 'its answer is wanted for checks of others', 'own-device');
  }
}
