import type { KilnError } from '../../base/errors.ts';
import { Cell, type Observable } from '../../base/observable.ts';
import { closed } from './closed.ts';
import { type GuestPage, guestPageOf } from './guest-pages.ts';
import { IdleSlots } from './queue/idle-slots.ts';
import { RECYCLE_INTERVAL_MS, SPARE_DELAY_MS } from '../limits.ts';
import { type MemoryBudget, taskMemoryBytes } from './queue/memory-budget.ts';
import { faultExit, type GuestOutcome, type Load } from '../messages.ts';
import { Slot, type SlotRun } from './slot.ts';
import { TaskQueue } from './queue/task-queue.ts';

/**
 * The warm slots of one lane: a task takes one, prefers the one that has its program, and gives it back. Beside as many
 * as are lent there is one fresh spare while work comes, so that replacing a slot costs its next task nothing.
 */
export class SlotPool {
  readonly #urlOf: (page: GuestPage) => string;
  readonly #memory: MemoryBudget;
  readonly #idle = new IdleSlots();
  readonly #taken = new Set<Slot>();
  readonly #busy = new Cell(0);
  readonly #queue = new TaskQueue();
  readonly #stopListening: () => void;
  #size: number;
  #spare: ReturnType<typeof setTimeout> | undefined;
  #replacedAtMs = Number.NEGATIVE_INFINITY;
  #isPaused = false;
  #isClosed = false;

  constructor(urlOf: (page: GuestPage) => string, memory: MemoryBudget, size: number) {
    this.#urlOf = urlOf;
    this.#memory = memory;
    this.#size = size;
    this.#stopListening = memory.onFreed(() => this.#pump());
  }

  get size(): number {
    return this.#size;
  }

  /** How many slots run a task now. */
  get busy(): Observable<number> {
    return this.#busy;
  }

  /** Changes the number of slots; tasks that run keep theirs until they end. */
  resize(size: number): void {
    this.#size = size;
    this.#makeRoom(0);
    if (size === 0) this.#idle.discardSome(() => true, Infinity);
    this.#pump();
  }

  /** While paused, tasks wait, no slot is started, and reactors hold still between two steps. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    for (const slot of this.#taken) slot.pause(isPaused);
    this.#pump();
  }

  /** Starts a slot for a program whose tasks will come soon, if there is none to spare. */
  expect(load: Load): void {
    this.#startSpare(this.#urlOf(guestPageOf(load)));
  }

  /**
   * Waits for a slot and for memory, and runs the task there; see {@link Slot.run}. A task that may take more memory
   * than this device lends ends with `refused`.
   */
  async run(run: SlotRun): Promise<GuestOutcome> {
    if (this.#isClosed) throw closed();
    const memoryBytes = taskMemoryBytes(run.load, run.task);
    if (memoryBytes > this.#memory.limitBytes) return this.#refuse(memoryBytes);
    const given = this.#queue.wait(run, memoryBytes);
    this.#pump();
    const slot = await given;
    try {
      const outcome = await slot.run(run);
      run.onEnd?.(outcome);
      return outcome;
    } finally {
      this.#giveBack(slot);
      // Whoever waits for a slot or for memory is called by this.
      this.#memory.free(memoryBytes);
    }
  }

  /** Removes the slots that hold this program: its job is over. */
  forget(load: Load): void {
    this.#idle.discardSome((slot) => slot.load === load, Infinity);
  }

  /** Removes all slots; tasks under way and waiting reject with `sandbox/closed`. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#spare);
    this.#stopListening();
    for (const slot of this.#taken) slot.kill(closed());
    this.#idle.discardSome(() => true, Infinity);
    this.rejectWaiting(closed());
  }

  /** Rejects all tasks that wait for a slot. */
  rejectWaiting(error: KilnError): void {
    this.#queue.refuseAll(error);
  }

  #refuse(memoryBytes: number): GuestOutcome {
    const message = `The task may take ${mebibytes(memoryBytes)} of memory; this device lends ${mebibytes(this.#memory.limitBytes)}.`;
    return { exit: faultExit('refused', message), outputs: [], wallMs: 0 };
  }

  #giveBack(slot: Slot): void {
    this.#taken.delete(slot);
    if (this.#isClosed) return;
    // A frame that died took the others of its process with it.
    if (slot.hasDied) this.#idle.discardSome(() => true, Infinity);
    if (slot.isSpent || this.#isReplaced(slot)) slot.kill(closed());
    else this.#idle.add(slot);
    this.#makeRoom(0);
    this.#busy.set(this.#taken.size);
    this.#wantSpare(slot.pageUrl);
  }

  /** An old slot goes on until its replacement has started: starting one takes longer than 200 tiny tasks. */
  #isReplaced(slot: Slot): boolean {
    if (!slot.isOld || performance.now() - this.#replacedAtMs < RECYCLE_INTERVAL_MS) return false;
    if (!this.#idle.hasReady(slot.pageUrl)) {
      this.#startSpare(slot.pageUrl);
      return false;
    }
    this.#replacedAtMs = performance.now();
    return true;
  }

  #pump(): void {
    while (!this.#isPaused && !this.#isClosed && this.#taken.size < this.#size) {
      const waiter = this.#queue.next(
        (load) => this.#idle.isWarm(load),
        ({ memoryBytes }) => this.#memory.take(memoryBytes),
      );
      if (waiter === undefined) return;
      const slot = this.#slotFor(waiter.load);
      this.#taken.add(slot);
      this.#busy.set(this.#taken.size);
      this.#wantSpare(slot.pageUrl);
      waiter.give(slot);
    }
  }

  #slotFor(load: Load): Slot {
    const warm = this.#idle.takeWarm(load);
    if (warm !== undefined) return warm;
    // Every other warm slot belongs to another program: it makes room for a fresh one.
    this.#makeRoom(1);
    const pageUrl = this.#urlOf(guestPageOf(load));
    return this.#idle.takeFresh(pageUrl) ?? new Slot(pageUrl);
  }

  /** Discards warm slots, longest idle first, until so many more fit beside those taken. */
  #makeRoom(count: number): void {
    const over = this.#taken.size + this.#idle.warmCount + count - this.#size;
    this.#idle.discardSome(({ load }) => load !== undefined, over);
  }

  /** Starts the spare a little later, out of the way of the slots that a task waits for. */
  #wantSpare(pageUrl: string): void {
    if (this.#spare !== undefined || this.#idle.fresh?.pageUrl === pageUrl) return;
    this.#spare = setTimeout(() => {
      this.#spare = undefined;
      this.#startSpare(pageUrl);
    }, SPARE_DELAY_MS);
  }

  #startSpare(pageUrl: string): void {
    if (this.#isClosed || this.#isPaused || this.#size === 0) return;
    const { fresh } = this.#idle;
    if (fresh?.pageUrl === pageUrl) return;
    if (fresh !== undefined) this.#idle.discard(fresh);
    this.#idle.add(new Slot(pageUrl));
  }
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
