import type { Bytes } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import { MAX_OPEN_LEASES } from '../../protocol/constants.ts';
import type { Result } from '../../protocol/task.ts';
import type { Revealed } from '../../protocol/work.ts';

type Entry =
  | { readonly phase: 'queued' | 'running' }
  | { readonly phase: 'committed' | 'delivered'; readonly revealed: Revealed }
  /** Handed over by a tab that was closed since: only the verdict is waited for. */
  | { readonly phase: 'handed-over' };

/** A finished task, ready to be committed to. */
export interface Finished {
  readonly nonce: Bytes;
  readonly result: Result;
  readonly inline: Record<string, Bytes>;
}

/** Which task of which lease. */
export interface Place {
  readonly lease: string;
  readonly task: number;
}

/**
 * What a provider holds of one agreement's leases: each task queued, running, committed, delivered, then gone.
 * Decides nothing about time or I/O. Idempotent by lease and task: saying a thing twice changes nothing.
 */
export class LeaseBook {
  readonly #leases = new Map<string, Map<number, Entry>>();
  readonly #queue: Place[] = [];
  #runningCount = 0;
  #unsettledCount = 0;

  /** Leases that are not fully settled. */
  get leases(): readonly string[] {
    return [...this.#leases.keys()];
  }

  /** Tasks that run now. */
  get runningCount(): number {
    return this.#runningCount;
  }

  /** Tasks that wait for their turn. */
  get queuedCount(): number {
    return this.#queue.length;
  }

  /** Work done and not yet judged. */
  get unsettledCount(): number {
    return this.#unsettledCount;
  }

  /**
   * Takes a lease on; the result is the number of its tasks. Throws `work/too-many-leases` beyond the limit. A known
   * lease is ignored.
   */
  add(lease: string, tasks: readonly number[]): number {
    if (this.#leases.has(lease)) return 0;
    if (this.#leases.size >= MAX_OPEN_LEASES) {
      throw new KilnError(
        'work/too-many-leases',
        'The requestor leased more than this provider holds at once.',
        {
          data: { limit: MAX_OPEN_LEASES },
        },
      );
    }
    const entries = new Map<number, Entry>();
    for (const task of tasks) {
      if (entries.has(task)) continue;
      entries.set(task, { phase: 'queued' });
      this.#queue.push({ lease, task });
    }
    this.#leases.set(lease, entries);
    return entries.size;
  }

  /** Tasks of a lease that a former tab handed over. */
  restore(lease: string, tasks: readonly number[]): void {
    this.#leases.set(lease, new Map(tasks.map((task) => [task, { phase: 'handed-over' }])));
    this.#unsettledCount += tasks.length;
  }

  /** Tasks that were handed over and are not judged, by lease. */
  handedOver(): Record<string, number[]> {
    const byLease: Record<string, number[]> = {};
    for (const [lease, entries] of this.#leases) {
      const tasks = [...entries].flatMap(([task, entry]) => (wasDelivered(entry) ? [task] : []));
      if (tasks.length > 0) byLease[lease] = tasks;
    }
    return byLease;
  }

  /** The next task to run, marked as running; undefined when none waits. */
  takeNext(): Place | undefined {
    const place = this.#queue.shift();
    if (place === undefined) return undefined;
    this.#leases.get(place.lease)?.set(place.task, { phase: 'running' });
    this.#runningCount++;
    return place;
  }

  /** A running task ended with a result. False when its lease was cancelled meanwhile: drop the result. */
  finish({ lease, task }: Place, finished: Finished): boolean {
    this.#runningCount--;
    const entries = this.#leases.get(lease);
    if (entries?.get(task)?.phase !== 'running') return false;
    entries.set(task, { phase: 'committed', revealed: { task, ...finished } });
    this.#unsettledCount++;
    return true;
  }

  /** A running task ended without a result. False when its lease was cancelled meanwhile. */
  fail({ lease, task }: Place): boolean {
    this.#runningCount--;
    const isKnown = this.#leases.get(lease)?.get(task)?.phase === 'running';
    if (isKnown) this.#drop(lease, task);
    return isKnown;
  }

  /** The results asked for that exist, each once; they count as delivered. */
  reveal(lease: string, tasks: readonly number[]): Revealed[] {
    const entries = this.#leases.get(lease);
    return [...new Set(tasks)].flatMap((task) => {
      const entry = entries?.get(task);
      if (entries === undefined || entry === undefined || !('revealed' in entry)) return [];
      entries.set(task, { phase: 'delivered', revealed: entry.revealed });
      return [entry.revealed];
    });
  }

  /** A verdict arrived. The phase that this task was in, or undefined when it was not held, or not finished. */
  settle(lease: string, task: number): 'committed' | 'delivered' | undefined {
    const entry = this.#leases.get(lease)?.get(task);
    if (entry === undefined || !isFinished(entry)) return undefined;
    this.#drop(lease, task);
    return wasDelivered(entry) ? 'delivered' : 'committed';
  }

  /** Gives a lease up: waiting tasks leave the queue, finished ones are forgotten. The number that was delivered. */
  cancel(lease: string): number {
    const entries = [...(this.#leases.get(lease) ?? [])];
    for (const [task] of entries) this.#drop(lease, task);
    for (let i = this.#queue.length - 1; i >= 0; i--)
      if (this.#queue[i]!.lease === lease) this.#queue.splice(i, 1);
    this.#leases.delete(lease);
    return entries.filter(([, entry]) => wasDelivered(entry)).length;
  }

  /** Finished, unsettled tasks by lease: what is committed to again after a broken stream. */
  committed(): Map<string, Revealed[]> {
    const byLease = new Map<string, Revealed[]>();
    for (const [lease, entries] of this.#leases) {
      const done = [...entries.values()].flatMap((entry) => ('revealed' in entry ? [entry.revealed] : []));
      if (done.length > 0) byLease.set(lease, done);
    }
    return byLease;
  }

  /** Has this lease a task that waits or runs? */
  isOpen(lease: string): boolean {
    return [...(this.#leases.get(lease)?.values() ?? [])].some((entry) => !isFinished(entry));
  }

  #drop(lease: string, task: number): void {
    const entries = this.#leases.get(lease);
    const entry = entries?.get(task);
    if (entries === undefined || entry === undefined) return;
    if (isFinished(entry)) this.#unsettledCount--;
    entries.delete(task);
    if (entries.size === 0) this.#leases.delete(lease);
  }
}

function isFinished(entry: Entry): boolean {
  return 'revealed' in entry || entry.phase === 'handed-over';
}

function wasDelivered({ phase }: Entry): boolean {
  return phase === 'delivered' || phase === 'handed-over';
}
