import { type KilnError, aborted } from '../../../base/errors.ts';
import type { Load } from '../../messages.ts';
import type { Slot, SlotRun } from '../slot.ts';

/** A waiting task may be overtaken this long: by tasks whose program a free slot has, or that need less memory. */
const MAX_OVERTAKEN_MS = 1_000;

/** A task that waits for a slot and for memory. */
export interface Waiter {
  readonly load: Load;
  readonly memoryBytes: number;
  /** Hands it its slot. */
  readonly give: (slot: Slot) => void;
}

interface Entry extends Waiter {
  readonly sinceMs: number;
  readonly refuse: (error: KilnError) => void;
}

/** Tasks that wait for a slot, first come, first served but for a little overtaking. */
export class TaskQueue {
  #entries: Entry[] = [];

  /** Waits for a slot; rejects with `base/aborted`, or with what {@link refuseAll} was given. */
  wait({ load, signal }: SlotRun, memoryBytes: number): Promise<Slot> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(aborted(signal.reason));
      const onAbort = () => {
        this.#remove(entry);
        reject(aborted(signal.reason));
      };
      const done = () => signal.removeEventListener('abort', onAbort);
      const entry: Entry = {
        load,
        memoryBytes,
        sinceMs: performance.now(),
        give: (slot) => (done(), resolve(slot)),
        refuse: (error) => (done(), reject(error)),
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#entries.push(entry);
    });
  }

  /** Takes out the next task that is admitted, those with a warm slot first; undefined when none is. */
  next(isWarm: (load: Load) => boolean, admit: (waiter: Waiter) => boolean): Waiter | undefined {
    const first = this.#entries[0];
    if (first === undefined) return undefined;
    const isLate = performance.now() - first.sinceMs > MAX_OVERTAKEN_MS;
    const found = isLate
      ? [first].find(admit)
      : (this.#entries.find((entry) => isWarm(entry.load) && admit(entry)) ??
        this.#entries.find((entry) => !isWarm(entry.load) && admit(entry)));
    if (found !== undefined) this.#remove(found);
    return found;
  }

  /** Rejects every waiting task. */
  refuseAll(error: KilnError): void {
    for (const entry of this.#entries.splice(0)) entry.refuse(error);
  }

  #remove(entry: Waiter): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }
}
