import type { ProviderLink } from '../seats/provider-link.ts';

/** Leases beyond which ended ones are looked for. */
const PRUNE_FROM = 1_000;

/** Which provider each lease was given to, for as long as a result of it may still be judged. */
export class LeaseOwners {
  readonly #leases = new Map<string, { readonly link: ProviderLink; readonly tasks: readonly number[] }>();
  readonly #isOpen: (lease: string, task: number) => boolean;
  #pruneAt = PRUNE_FROM;

  /** `isOpen` says whether the result of a task under a lease may still be judged. */
  constructor(isOpen: (lease: string, task: number) => boolean) {
    this.#isOpen = isOpen;
  }

  /** Leases that are remembered. */
  get size(): number {
    return this.#leases.size;
  }

  get(lease: string): ProviderLink | undefined {
    return this.#leases.get(lease)?.link;
  }

  /** Was this lease cut with all these tasks, and is none named twice? Not known of one that is over. */
  covers(lease: string, tasks: readonly number[]): boolean {
    const leased = new Set(this.#leases.get(lease)?.tasks);
    return tasks.every((task) => leased.delete(task));
  }

  /** Remembers a lease. Now and then those that are over are forgotten: when as many came as stayed the last time. */
  add(lease: string, link: ProviderLink, tasks: readonly number[]): void {
    this.#leases.set(lease, { link, tasks });
    if (this.#leases.size < this.#pruneAt) return;
    for (const [id, { link: owner, tasks: leased }] of this.#leases) {
      const isOver = !owner.leases.has(id) && leased.every((task) => !this.#isOpen(id, task));
      if (isOver && id !== lease) this.#leases.delete(id);
    }
    this.#pruneAt = Math.max(PRUNE_FROM, 2 * this.#leases.size);
  }
}
