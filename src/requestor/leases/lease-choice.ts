import { leaseSize } from '../../market/lease-plan.ts';
import { expectedResults, firstReplicas } from '../../verification/policy/vote.ts';
import type { JobParts } from '../job-parts.ts';
import type { JobProgress } from '../results/job-progress.ts';
import type { TaskDesk } from '../results/task-desk.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import type { RingerDesk } from '../standing/ringer-desk.ts';
import { affordableFresh } from './affordable-fresh.ts';
import { duplicateFor } from './duplicate.ts';
import { creditTasks, priceOf, unpaidTasks } from './link-price.ts';
import { mixIn } from './mix-in.ts';

/** What a choice depends on. */
export interface LeaseChoiceInit {
  readonly parts: JobParts;
  readonly progress: Pick<JobProgress, 'isBroke'>;
  readonly tasks: () => TaskDesk;
  readonly links: () => readonly ProviderLink[];
  /** Mixes in tasks whose answer is known: they take the places of others. */
  readonly ringers: () => Pick<RingerDesk, 'lease' | 'noteLeased'>;
  /** Checks that the job may want before it closes. */
  readonly closingReserve: () => number;
  /** What the budget still allows to promise, in the token's smallest unit. */
  readonly budgetRest: () => bigint;
}

/** Which tasks a provider gets next, and how many: by its pace, its credit and the budget. */
export class LeaseChoice {
  readonly #init: LeaseChoiceInit;

  constructor(init: LeaseChoiceInit) {
    this.#init = init;
  }

  /** How many tasks the provider's next lease is to have; not more than 0 when its credit is used up. */
  size(link: ProviderLink, isDoubted: boolean): number {
    return Math.min(isDoubted ? 1 : this.#plannedSize(link), creditTasks(link));
  }

  /** Takes up to `size` tasks for a lease, and marks them as leased under it; none when there is nothing for this provider. */
  take(link: ProviderLink, lease: string, size: number): readonly number[] {
    const { parts, links } = this.#init;
    const tasks = this.#init.tasks();
    const lessee = { lease, holder: link.holder, agreement: link.digest };
    const fresh = this.#affordableFresh(link);
    const desk = this.#init.ringers();
    const ringers = tasks.queue.waiting > 0 ? desk.lease(lessee, Math.min(size, fresh)) : [];
    // Whoever is the last with credit gets begun tasks first, so that providers do not wait for each other.
    const isLast = links().every((other) => other === link || !other.isAtWork || creditTasks(other) <= 0);
    const waiting = tasks.placement.lease(lessee, size - ringers.length, fresh - ringers.length, isLast);
    desk.noteLeased(link.peer, waiting.length);
    if (waiting.length + ringers.length > 0) return mixIn(waiting, ringers, parts.random);
    // A second one may have to be paid, too.
    const duplicate = fresh > 0 ? duplicateFor(link, links(), tasks, parts.clock.now()) : undefined;
    if (duplicate === undefined) return [];
    tasks.placement.addReplica(duplicate, lessee, 'duplicate');
    return [duplicate];
  }

  #plannedSize(link: ProviderLink): number {
    const { msPerTask } = link;
    return leaseSize({
      ...(msPerTask === undefined ? {} : { msPerTask }),
      slots: link.agreement.slots,
      tasksLeft: Math.max(this.#init.tasks().queue.waiting, 1),
      providers: this.#seated.length,
    });
  }

  /** Tasks that may be begun. With nothing under way and money for none, the job is broke. */
  #affordableFresh(link: ProviderLink): number {
    const { parts, progress, links, budgetRest, closingReserve } = this.#init;
    const { policy, comparator } = parts.record.manifest;
    const tasks = this.#init.tasks();
    const price = priceOf(link);
    const fresh = affordableFresh({
      price,
      seatedPrices: this.#seated.map(priceOf),
      budgetRest: budgetRest(),
      unpaid: links().reduce((sum, other) => sum + priceOf(other) * BigInt(unpaidTasks(other)), 0n),
      // A dispute wants a referee, and a standing result may be checked once more before the job closes.
      pendingReplicas: tasks.placement.pendingReplicas,
      closingChecks: closingReserve(),
      resultsPerTask: Math.max(
        firstReplicas(policy, comparator.class),
        expectedResults(policy, comparator.class),
      ),
    });
    // Whoever works for nothing says nothing of the budget.
    if (price > 0n) progress.isBroke = tasks.isIdle && fresh === 0;
    return fresh;
  }

  get #seated(): readonly ProviderLink[] {
    return this.#init.links().filter(({ isEnded }) => !isEnded);
  }
}
