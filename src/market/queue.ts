/** Below this length the list of returned tasks is not worth compacting. */
const MIN_COMPACTED_ENTRIES = 256;

/** Where a taker stands in the two lists; what it passed over is not offered to it again until it changes. */
interface Cursor {
  returned: number;
  fresh: number;
}

/**
 * The tasks of one job that wait for replicas, in flat memory: a million tasks are 4 MB and each operation is constant
 * time, amortised. A task waits as often as it wants replicas. Returned tasks go before fresh ones.
 *
 * @example
 * const queue = new TaskQueue(1_000, 2);
 * for (const task of queue.take(peer, 8, (task) => mayPlace(task, peer))) lease(task);
 */
export class TaskQueue {
  readonly tasks: number;
  readonly #wanted: Uint8Array;
  readonly #isDone: Uint8Array;
  readonly #cursors = new Map<string, Cursor>();
  /** Tasks in the order in which they came back; entries whose task wants nothing any more are passed over. */
  #returned: number[] = [];
  /** Entries left by the last compaction: the next one waits until the list has doubled. */
  #compactedEntries = 0;
  /** Fresh tasks below this want nothing any more. */
  #freshFrom = 0;
  #waiting: number;
  #done = 0;

  /** `replicas`: how many each task wants at first. */
  constructor(tasks: number, replicas: number) {
    this.tasks = tasks;
    this.#wanted = new Uint8Array(tasks).fill(replicas);
    this.#isDone = new Uint8Array(tasks);
    this.#waiting = tasks * replicas;
  }

  /** Replicas that wait to be leased. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Tasks finished. */
  get done(): number {
    return this.#done;
  }

  isDone(task: number): boolean {
    return this.#isDone[task] === 1;
  }

  /** Replicas that this task waits for. */
  wanted(task: number): number {
    return this.#wanted[task] ?? 0;
  }

  /**
   * Takes up to `count` replicas, each of another task. `mayTake` says whether this taker may have a task; a task that
   * it refuses is not offered to this taker again unless it comes back, or after {@link forget}.
   */
  take(taker: string, count: number, mayTake: (task: number) => boolean): number[] {
    const cursor = this.#cursors.get(taker) ?? { returned: 0, fresh: 0 };
    this.#cursors.set(taker, cursor);
    const taken = new Set<number>();
    const offer = (task: number) => {
      if (this.#wanted[task] === 0 || taken.has(task) || !mayTake(task)) return;
      this.#wanted[task]!--;
      this.#waiting--;
      taken.add(task);
    };
    while (taken.size < count && cursor.returned < this.#returned.length)
      offer(this.#returned[cursor.returned++]!);
    while (this.#freshFrom < this.tasks && this.#wanted[this.#freshFrom] === 0) this.#freshFrom++;
    cursor.fresh = Math.max(cursor.fresh, this.#freshFrom);
    while (taken.size < count && cursor.fresh < this.tasks) offer(cursor.fresh++);
    return [...taken];
  }

  /** A task wants more replicas (one was lost, or its check asks for another): they go before fresh tasks. */
  want(task: number, more: number): void {
    if (more <= 0 || this.isDone(task)) return;
    this.#wanted[task]! += more;
    this.#waiting += more;
    this.#returned.push(task);
    this.#compact();
  }

  /** Sets how many replicas a task waits for, whatever it was; more than before go before fresh tasks. */
  setWanted(task: number, wanted: number): void {
    const more = wanted - this.wanted(task);
    if (more > 0) return this.want(task, more);
    this.#waiting += more;
    this.#wanted[task] = wanted;
  }

  /** A task that wants no (further) replicas any more, done or not. */
  drop(task: number): void {
    this.setWanted(task, 0);
  }

  /** A task is verified. */
  finish(task: number): void {
    this.drop(task);
    if (!this.isDone(task)) this.#done++;
    this.#isDone[task] = 1;
  }

  /** A finished task must run again: its only supporter was caught. */
  reopen(task: number, replicas: number): void {
    if (this.isDone(task)) this.#done--;
    this.#isDone[task] = 0;
    this.want(task, replicas);
  }

  /** Offers everything to this taker again: it reconnected, or what it may take has changed. Also when it left. */
  forget(taker: string): void {
    this.#cursors.delete(taker);
  }

  #compact(): void {
    const entries = this.#returned;
    if (entries.length < MIN_COMPACTED_ENTRIES || entries.length < 2 * this.#compactedEntries) return;
    const kept: number[] = [];
    const keptBefore = new Uint32Array(entries.length + 1);
    const lastAt = new Map(entries.map((task, i) => [task, i]));
    for (const [i, task] of entries.entries()) {
      keptBefore[i] = kept.length;
      if (this.#wanted[task]! > 0 && lastAt.get(task) === i) kept.push(task);
    }
    keptBefore[entries.length] = kept.length;
    for (const cursor of this.#cursors.values()) cursor.returned = keptBefore[cursor.returned]!;
    this.#returned = kept;
    this.#compactedEntries = kept.length;
  }
}
