import { closed } from '../closed.ts';
import { IDLE_SLOT_MS } from '../../limits.ts';
import type { Load } from '../../messages.ts';
import type { Slot } from '../slot.ts';

/**
 * Slots that run nothing now: warm ones that hold a program, and a fresh spare that holds none yet. Each goes away
 * when nobody wants it for a while.
 */
export class IdleSlots {
  /** In the order in which they became idle. */
  readonly #slots = new Map<Slot, ReturnType<typeof setTimeout>>();

  /** How many hold a program. */
  get warmCount(): number {
    return [...this.#slots.keys()].filter(({ load }) => load !== undefined).length;
  }

  add(slot: Slot): void {
    this.#slots.set(
      slot,
      setTimeout(() => this.discard(slot), IDLE_SLOT_MS),
    );
  }

  /** Takes out a slot that holds this program. */
  takeWarm(load: Load): Slot | undefined {
    return this.#take((slot) => slot.load === load);
  }

  /** Takes out a slot that holds nothing yet and shows this page. */
  takeFresh(pageUrl: string): Slot | undefined {
    return this.#take((slot) => slot.load === undefined && slot.pageUrl === pageUrl);
  }

  isWarm(load: Load): boolean {
    return this.#find((slot) => slot.load === load) !== undefined;
  }

  /** Is a spare there that would run a task at once? */
  hasReady(pageUrl: string): boolean {
    return this.fresh?.pageUrl === pageUrl && this.fresh.isReady;
  }

  /** The slot that holds nothing yet. */
  get fresh(): Slot | undefined {
    return this.#find((slot) => slot.load === undefined);
  }

  /** Removes those that match, at most so many, those idle longest first. */
  discardSome(match: (slot: Slot) => boolean, atMost: number): void {
    for (const slot of [...this.#slots.keys()].filter(match).slice(0, Math.max(0, atMost)))
      this.discard(slot);
  }

  discard(slot: Slot): void {
    this.#remove(slot);
    slot.kill(closed());
  }

  #take(match: (slot: Slot) => boolean): Slot | undefined {
    const found = this.#find(match);
    if (found !== undefined) this.#remove(found);
    return found;
  }

  /** The newest that matches; those whose frame died or never started are cleared away. */
  #find(match: (slot: Slot) => boolean): Slot | undefined {
    let found: Slot | undefined;
    for (const slot of [...this.#slots.keys()]) {
      if (slot.isSpent) this.discard(slot);
      else if (match(slot)) found = slot;
    }
    return found;
  }

  #remove(slot: Slot): void {
    clearTimeout(this.#slots.get(slot));
    this.#slots.delete(slot);
  }
}
