import { KilnError } from '../../../base/errors.ts';
import { MAX_HELD_BACK_TASKS } from '../../../payment/costs/held-back.ts';
import type { Agreement } from '../../../protocol/negotiate.ts';
import type { Place } from '../lease-book.ts';

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
   * `work/held-too-much` beyond what any terms allow. Below that, what is held beyond the credit only stops new work.
   */
  add(place: Place): void {
    if (this.#agreement.policy.kind !== 'adaptive') {
      throw new KilnError(
        'work/not-provisional',
        'Under these terms results are accepted or not; the requestor holds pay back all the same.',
      );
    }
    if (this.#held.size >= MAX_HELD_BACK_TASKS) {
      throw new KilnError(
        'work/held-too-much',
        `The requestor holds back the pay of more than ${MAX_HELD_BACK_TASKS} tasks, which is more than was agreed.`,
        { data: { limit: MAX_HELD_BACK_TASKS } },
      );
    }
    this.#held.add(keyOf(place));
  }

  /** Takes up what a former tab had let be held back. */
  restore(places: readonly Place[]): void {
    for (const place of places) this.#held.add(keyOf(place));
  }

  /** What is held back, by lease. */
  get byLease(): Record<string, number[]> {
    const byLease: Record<string, number[]> = {};
    for (const [lease, task] of [...this.#held].map((key) => key.split('/') as [string, string]))
      (byLease[lease] ??= []).push(Number(task));
    return byLease;
  }

  /** Another verdict came. False for a task that is not held. */
  release(place: Place): boolean {
    return this.#held.delete(keyOf(place));
  }
}

function keyOf({ lease, task }: Place): string {
  return `${lease}/${task}`;
}
