import type { Random } from '../base/random.ts';

/** Begun tasks looked at for one lease, so that a taker who may have none of a long list costs little. */
const MAX_LOOKS = 256;
/** Begun tasks kept per taker to choose from: with two, neighbours in time are seldom given the same task. */
const BEGUN_PER_TAKER = 2;
/** With fewer takers than this there is nobody to mix with: begun tasks are finished at once. */
const MIN_MIXED_TAKERS = 4;
/** Never more than this part of the job is begun for the sake of mixing, so that first results come soon. */
const MAX_BEGUN_PART = 1 / 8;

/** Fresh tasks are shuffled within this many, some times the providers of a large job … */
const MAX_FRESH_WINDOW = 256;
/** … and within this part of a small one, so that a film's first frames come first. */
const FRESH_WINDOW_PART = 1 / 8;

/** Fresh tasks to shuffle among where task numbers must not tell who is checked (see {@link TaskQueue}). */
export function freshWindow(tasks: number): number {
  return Math.max(1, Math.min(MAX_FRESH_WINDOW, Math.floor(tasks * FRESH_WINDOW_PART)));
}

/**
 * The tasks of one job that wait for replicas, in flat memory: a million tasks take 7 MB, and each operation costs the
 * same whatever their number. A task waits as often as it wants replicas.
 *
 * Fresh tasks are handed out in order. Begun ones (somebody has a replica, and they want another) go first, and are
 * drawn by chance: whoever asks for work right after an accomplice must not be given the same task. Those that lost all
 * they had come next: with them first, everybody would begin others and nobody finish any.
 *
 * @example
 * const queue = new TaskQueue(1_000, 2, random);
 * for (const task of queue.take(peer, 8, (task) => mayPlace(task, peer))) lease(task);
 */
export class TaskQueue {
  readonly tasks: number;
  readonly #random: Random;
  readonly #wanted: Uint8Array;
  readonly #isDone: Uint8Array;
  /** Begun tasks that want something, in no order, and those of them that nobody has any more. */
  readonly #begun: number[] = [];
  readonly #dropped: number[] = [];
  /** Where each stands in its list (0: nowhere, else index + 1), and in which. */
  readonly #begunAt: Uint32Array;
  readonly #isDropped: Uint8Array;
  readonly #isBegun: Uint8Array;
  /** Fresh tasks in the order in which they are handed out; absent where that is their own. */
  readonly #order: Uint32Array | undefined;
  /** Up to which place each taker has seen the fresh tasks. */
  readonly #seen = new Map<string, number>();
  /** All tasks at places below this are begun. */
  #freshFrom = 0;
  #waiting: number;
  #done = 0;

  /**
   * @param replicas how many each task wants at first
   * @param random draws begun tasks; @default the oldest first
   * @param window hands fresh tasks out in any order within so many of them at a time, so that a task's number does not
   *   tell whether somebody had it before: a check, or a ringer. @default in order
   */
  constructor(tasks: number, replicas: number, random: Random = () => 0, window = 1) {
    this.tasks = tasks;
    this.#order = window > 1 ? shuffled(tasks, window, random) : undefined;
    this.#random = random;
    this.#wanted = new Uint8Array(tasks).fill(replicas);
    this.#isDone = new Uint8Array(tasks);
    this.#isBegun = new Uint8Array(tasks);
    this.#begunAt = new Uint32Array(tasks);
    this.#isDropped = new Uint8Array(tasks);
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
   * Takes up to `count` replicas, each of another task. `mayTake` says whether this taker may have a task; a fresh task
   * that it refuses is not offered to this taker again before it is begun, or {@link forget} was called.
   *
   * @param isLast nobody else could take a begun task: those go first, mixed or not
   */
  take(taker: string, count: number, mayTake: (task: number) => boolean, isLast = false): number[] {
    const taken = new Set<number>();
    const seen = this.#seen.get(taker) ?? 0;
    this.#seen.set(taker, seen);
    if (isLast || this.#begun.length >= this.#mixed()) this.#draw(this.#begun, taken, count, mayTake);
    this.#draw(this.#dropped, taken, count, mayTake);
    this.#seen.set(taker, this.#takeFresh(Math.max(seen, this.#freshFrom), taken, count, mayTake));
    if (taken.size < count) this.#draw(this.#begun, taken, count, mayTake);
    for (const task of taken) this.setWanted(task, this.wanted(task) - 1);
    return [...taken];
  }

  /** A task wants more replicas: one was lost, or its check asks for another. */
  want(task: number, more: number): void {
    if (more > 0) this.setWanted(task, this.wanted(task) + more);
  }

  /** Sets how many replicas a task waits for, whatever it was. A finished task wants none. @param isHeld does anybody have one? */
  setWanted(task: number, wanted: number, isHeld = true): void {
    if (this.isDone(task)) return;
    this.#waiting += wanted - this.wanted(task);
    this.#wanted[task] = wanted;
    this.#isBegun[task] = 1;
    this.#remove(task);
    if (wanted > 0) this.#add(task, !isHeld);
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

  /** This taker left, or may take what it was refused before. */
  forget(taker: string): void {
    this.#seen.delete(taker);
  }

  /** Begun tasks that should be there before one of them is drawn. */
  #mixed(): number {
    const takers = this.#seen.size;
    if (takers < MIN_MIXED_TAKERS) return 1;
    return Math.max(1, Math.min(BEGUN_PER_TAKER * takers, Math.floor(this.tasks * MAX_BEGUN_PART)));
  }

  /** Draws without putting back: what was looked at moves to the front of the list. */
  #draw(list: number[], taken: Set<number>, count: number, mayTake: (task: number) => boolean): void {
    const looks = Math.min(list.length, MAX_LOOKS + count);
    for (let i = 0; i < looks && taken.size < count; i++) {
      this.#swap(list, i, i + Math.floor(this.#random() * (list.length - i)));
      const task = list[i]!;
      if (!taken.has(task) && mayTake(task)) taken.add(task);
    }
  }

  #takeFresh(from: number, taken: Set<number>, count: number, mayTake: (task: number) => boolean): number {
    const taskAt = (place: number) => this.#order?.[place] ?? place;
    while (this.#freshFrom < this.tasks && this.#isBegun[taskAt(this.#freshFrom)] === 1) this.#freshFrom++;
    let place = Math.max(from, this.#freshFrom);
    for (; taken.size < count && place < this.tasks; place++) {
      const task = taskAt(place);
      if (this.#isBegun[task] === 0 && mayTake(task)) taken.add(task);
    }
    return place;
  }

  #listOf(task: number): number[] {
    return this.#isDropped[task] === 1 ? this.#dropped : this.#begun;
  }

  #add(task: number, isDropped: boolean): void {
    this.#isDropped[task] = isDropped ? 1 : 0;
    this.#begunAt[task] = this.#listOf(task).push(task);
  }

  #remove(task: number): void {
    const at = this.#begunAt[task]!;
    if (at === 0) return;
    const list = this.#listOf(task);
    this.#swap(list, at - 1, list.length - 1);
    list.pop();
    this.#begunAt[task] = 0;
  }

  #swap(list: number[], i: number, j: number): void {
    const [a, b] = [list[i]!, list[j]!];
    list[i] = b;
    list[j] = a;
    this.#begunAt[b] = i + 1;
    this.#begunAt[a] = j + 1;
  }
}

/**
 * All numbers below `tasks`, each drawn from a pool of as many as the window is wide, which the next number in order fills
 * up: early ones come early, but none is ever known to be next, and a few of each pool stay far behind.
 */
function shuffled(tasks: number, window: number, random: Random): Uint32Array {
  const order = new Uint32Array(tasks);
  const pool = Uint32Array.from({ length: Math.min(tasks, window) }, (_, i) => i);
  for (let place = 0, size = pool.length, next = size; place < tasks; place++) {
    const at = Math.floor(random() * size);
    order[place] = pool[at]!;
    pool[at] = next < tasks ? next++ : pool[--size]!;
  }
  return order;
}
