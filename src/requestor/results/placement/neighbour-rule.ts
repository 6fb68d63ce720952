import type { Clock } from '../../../base/time.ts';
import type { PlacementRefusal } from '../../../verification/task/placement.ts';
import type { Holder, TaskCheck } from '../../../verification/task/task-check.ts';
import { NEIGHBOURS_WAIT_MS } from '../../constants.ts';
import { refuseHolder } from './refuse-holder.ts';

/** What the rule is told. */
export interface NeighbourRuleInit {
  readonly clock: Clock;
  /** Who could be given a task now. */
  readonly holders: () => readonly Holder[];
  /** Can this device run the job's tasks, as far as it tried? */
  readonly canCompute: () => boolean;
}

/**
 * Neighbours (providers reached in one network) do not confirm each other's results, and no job stalls for that: when
 * nobody from another network has come for a while, this device helps out where most of those at work are neighbours.
 * Where it cannot compute the job, and nobody else is there at all, neighbours confirm each other.
 */
export class NeighbourRule {
  readonly #init: NeighbourRuleInit;
  /**
   * The networks of those that were ever at work; who is in none that can be seen stands for itself. Who leaves and comes
   * back is no news, or it could stall a job by that.
   */
  readonly #known = new Set<string>();
  #sinceMs = 0;
  #hasNeighbours = false;

  constructor(init: NeighbourRuleInit) {
    this.#init = init;
  }

  /** Looks who is there. Call it now and then. */
  review(): void {
    const here = this.#init.holders();
    const networks = new Set(here.map(({ peer, networkPrefix }) => networkPrefix ?? peer));
    if ([...networks].some((one) => !this.#known.has(one))) this.#sinceMs = this.#init.clock.now();
    for (const one of networks) this.#known.add(one);
    this.#hasNeighbours = networks.size < here.length;
  }

  /** Why this provider gets no replica of a task; undefined when it may. */
  refuse(check: TaskCheck, holder: Holder): PlacementRefusal | undefined {
    const refusal = refuseHolder(check, holder);
    return refusal === 'same-network' && this.isLeftToNeighbours(check)
      ? refuseHolder(check, anywhere(holder))
      : refusal;
  }

  /** Is this device to confirm the task, because more of those at work are neighbours of its holders than may do it? */
  isForThisDevice(check: TaskCheck): boolean {
    if (!this.#isOver || !this.#init.canCompute()) return false;
    const { neighbours, others } = this.#count(check);
    return neighbours > others;
  }

  /** May only neighbours do it, and this device cannot? */
  isLeftToNeighbours(check: TaskCheck): boolean {
    if (!this.#isOver || this.#init.canCompute()) return false;
    const { neighbours, others } = this.#count(check);
    return neighbours > 0 && others === 0;
  }

  /** Was somebody from another network waited for long enough? */
  get #isOver(): boolean {
    return this.#hasNeighbours && this.#init.clock.now() - this.#sinceMs >= NEIGHBOURS_WAIT_MS;
  }

  #count(check: TaskCheck): { neighbours: number; others: number } {
    const here = this.#init.holders();
    const others = here.filter((holder) => refuseHolder(check, holder) === undefined).length;
    const anywhereElse = here.filter((holder) => refuseHolder(check, anywhere(holder)) === undefined).length;
    return { neighbours: anywhereElse - others, others };
  }
}

/** The same provider, wherever it is. */
function anywhere({ networkPrefix: _, ...holder }: Holder): Holder {
  return holder;
}
