import { KilnError } from '../../base/errors.ts';
import { heldBackTasks } from '../../payment/costs/held-back.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import type { Place } from './lease-book.ts';

/** Results of one agreement that stand only for now: delivered, their pay held back until another verdict comes. */
export class HeldTasks {
  readonly #agreement: Agreement;
  readonly #held = new Set<string>();

  constructor(agreement: Agreement) {
    this.#agreement = agreement;
  }

  get count(): number {
    return this.#held.size;
  }

  has(place: Place): boolean {
    return this.#held.has(keyOf(place));
  }

  /**
   * Holds one more task's pay back. Throws `work/not-provisional` where the check policy takes no verdict back,
   * `work/held-too-much` beyond what policy and credit allow: then the requestor has to pay first.
   */
  add(place: Place): void {
    const limit = heldBackTasks(this.#agreement);
    if (limit === 0) {
      throw new KilnError(
        'work/not-provisional',
        'Under these terms results are accepted or not; the requestor holds pay back all the same.',
      );
    }
    if (this.#held.size >= limit) {
      throw new KilnError(
        'work/held-too-much',
        `The requestor holds back the pay of more than ${limit} tasks, which is more than was agreed.`,
        { data: { limit } },
      );
    }
    this.#held.add(keyOf(place));
  }

  /** Another verdict came. False for a task that is not held. */
  release(place: Place): boolean {
    return this.#held.delete(keyOf(place));
  }
}

function keyOf({ lease, task }: Place): string {
  return `${lease}/${task}`;
}
