import { KilnError, aborted } from '../base/errors.ts';
import { Cell, type Observable } from '../base/observable.ts';
import { type GuestPage, guestPageOf } from './guest-pages.ts';
import type { GuestOutcome, Load } from './messages.ts';
import { Slot, type SlotRun } from './slot.ts';

/** A waiting task may be overtaken this long by tasks whose program a free slot has compiled already. */
const MAX_OVERTAKEN_MS = 1_000;

interface Waiter {
  readonly load: Load;
  readonly sinceMs: number;
  readonly give: (slot: Slot) => void;
  readonly refuse: (error: KilnError) => void;
}

/** The warm slots of one kind: a task takes one, prefers the one that has its program, and gives it back. */
export class SlotPool {
  readonly #urlOf: (page: GuestPage) => string;
  readonly #idle = new Set<Slot>();
  readonly #taken = new Set<Slot>();
  readonly #busy = new Cell(0);
  #waiters: Waiter[] = [];
  #size: number;
  #isPaused = false;
  #isClosed = false;

  constructor(urlOf: (page: GuestPage) => string, size: number) {
    this.#urlOf = urlOf;
    this.#size = size;
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
    this.#trim();
    this.#pump();
  }

  /** While paused, tasks wait and no slot is started. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#pump();
  }

  /** Waits for a slot and runs the task there; see {@link Slot.run}. */
  async run(run: SlotRun): Promise<GuestOutcome> {
    const slot = await this.#take(run);
    try {
      return await slot.run(run);
    } finally {
      this.#giveBack(slot);
    }
  }

  /** Removes the slots that hold this program: its job is over. */
  forget(load: Load): void {
    for (const slot of [...this.#idle]) if (slot.load === load) this.#discard(slot);
  }

  /** Removes all slots; tasks under way and waiting reject with `sandbox/closed`. */
  close(): void {
    this.#isClosed = true;
    for (const slot of [...this.#idle, ...this.#taken]) slot.kill(closed());
    this.#idle.clear();
    this.rejectWaiting(closed());
  }

  /** Rejects all tasks that wait for a slot. */
  rejectWaiting(error: KilnError): void {
    for (const waiter of this.#waiters.splice(0)) waiter.refuse(error);
  }

  #take({ load, signal }: SlotRun): Promise<Slot> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(closed());
      if (signal.aborted) return reject(aborted(signal.reason));
      const onAbort = () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(aborted(signal.reason));
      };
      const done = () => signal.removeEventListener('abort', onAbort);
      const waiter: Waiter = {
        load,
        sinceMs: performance.now(),
        give: (slot) => (done(), resolve(slot)),
        refuse: (error) => (done(), reject(error)),
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
      this.#pump();
    });
  }

  #giveBack(slot: Slot): void {
    this.#taken.delete(slot);
    if (this.#isClosed) return;
    if (slot.isSpent) {
      slot.kill(closed());
      // A fresh one warms up while the host thinks; the pump takes it first.
      if (!this.#isPaused && this.#count < this.#size) this.#idle.add(new Slot(slot.pageUrl));
    } else this.#idle.add(slot);
    this.#trim();
    this.#pump();
    this.#busy.set(this.#taken.size);
  }

  get #count(): number {
    return this.#idle.size + this.#taken.size;
  }

  #trim(): void {
    for (const slot of [...this.#idle]) if (this.#count > this.#size) this.#discard(slot);
  }

  #discard(slot: Slot): void {
    this.#idle.delete(slot);
    slot.kill(closed());
  }

  #pump(): void {
    while (!this.#isPaused && this.#taken.size < this.#size && this.#waiters.length > 0) {
      const waiter = this.#nextWaiter();
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      const slot = this.#slotFor(waiter.load);
      this.#idle.delete(slot);
      this.#taken.add(slot);
      this.#busy.set(this.#taken.size);
      waiter.give(slot);
    }
  }

  #nextWaiter(): Waiter {
    const first = this.#waiters[0]!;
    if (performance.now() - first.sinceMs > MAX_OVERTAKEN_MS) return first;
    const loads = new Set([...this.#idle].map((slot) => slot.load));
    return this.#waiters.find(({ load }) => loads.has(load)) ?? first;
  }

  #slotFor(load: Load): Slot {
    const idle = [...this.#idle].filter((slot) => !slot.isSpent);
    const pageUrl = this.#urlOf(guestPageOf(load));
    const warm =
      idle.find((slot) => slot.load === load) ??
      idle.find((slot) => slot.load === undefined && slot.pageUrl === pageUrl);
    if (warm !== undefined) return warm;
    // Every other idle slot belongs to another job: it makes room for a fresh one.
    for (const slot of [...this.#idle]) if (this.#count >= this.#size) this.#discard(slot);
    return new Slot(pageUrl);
  }
}

function closed(): KilnError {
  return new KilnError('sandbox/closed', 'The sandbox was closed.', { hint: 'Open a new one.' });
}
