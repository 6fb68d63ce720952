import { MAX_OPEN_LEASES, MAX_TASKS_PER_LEASE } from '../../protocol/constants.ts';
import type { WorkDown } from '../../protocol/work.ts';
import type { ProviderLink } from '../seats/provider-link.ts';

type VerdictEntry = Extract<WorkDown, { type: 'verdict' }>['entries'][number];

interface Pending {
  readonly verdicts: VerdictEntry[];
  /** Tasks to reveal, by lease and whether their bytes are wanted. */
  readonly reveals: Map<string, { lease: string; withBytes: boolean; tasks: number[] }>;
  readonly cancels: string[];
}

/** Gathers what one incoming frame makes the requestor say, so that many small tasks share a frame. */
export class Outbox {
  readonly #pending = new Map<ProviderLink, Pending>();
  #isScheduled = false;

  /** Asks for the result of a task; several of one lease travel together. */
  reveal(link: ProviderLink, lease: string, task: number, withBytes: boolean): void {
    const { reveals } = this.#of(link);
    const key = `${lease}/${withBytes}`;
    const group = reveals.get(key) ?? { lease, withBytes, tasks: [] };
    reveals.set(key, group);
    group.tasks.push(task);
  }

  /** Tells what became of a task. */
  verdict(link: ProviderLink, entry: VerdictEntry): void {
    this.#of(link).verdicts.push(entry);
  }

  /** Stops a lease. */
  cancel(link: ProviderLink, lease: string): void {
    this.#of(link).cancels.push(lease);
  }

  /** Sends everything gathered. Happens by itself at the end of the turn. */
  flush(): void {
    for (const [link, { verdicts, reveals, cancels }] of this.#pending) {
      for (const group of reveals.values()) {
        for (const tasks of cut(group.tasks, MAX_TASKS_PER_LEASE))
          link.send({ type: 'reveal', lease: group.lease, tasks, withBytes: group.withBytes });
      }
      for (const entries of cut(verdicts, MAX_TASKS_PER_LEASE)) link.send({ type: 'verdict', entries });
      for (const leases of cut(cancels, MAX_OPEN_LEASES)) link.send({ type: 'cancel', leases });
    }
    this.#pending.clear();
  }

  #of(link: ProviderLink): Pending {
    const pending = this.#pending.get(link) ?? { verdicts: [], reveals: new Map(), cancels: [] };
    this.#pending.set(link, pending);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      queueMicrotask(() => {
        this.#isScheduled = false;
        this.flush();
      });
    }
    return pending;
  }
}

function cut<T>(entries: readonly T[], most: number): T[][] {
  const frames: T[][] = [];
  for (let i = 0; i < entries.length; i += most) frames.push(entries.slice(i, i + most));
  return frames;
}
