import type { BoardAnswer } from '../src/protocol/board.ts';
import { BOARD_PAGE_ENTRIES, MAX_BOARD_FRAME_BYTES } from '../src/protocol/constants.ts';
import type { Envelope } from '../src/protocol/envelope.ts';
import { toHex } from '../src/base/bytes.ts';
import { type BoardChange, envelopeBytes } from './board.ts';

type Want = 'offers' | 'demands';

/** Changes that wait for a subscriber who cannot keep up; older ones go, the next query brings them again. */
const MAX_WAITING = 500;
const MAX_FRAME_BYTES = MAX_BOARD_FRAME_BYTES - 8 * 1024;

/** Changes collected for one subscriber, few enough and small enough per frame. */
export class ChangeBatch {
  readonly #wants = new Set<Want>();
  readonly #waiting: Record<Want, Map<string, Envelope>> = { offers: new Map(), demands: new Map() };
  readonly #removed = new Set<string>();

  /** From now on changes of this sort are kept. */
  want(want: Want): void {
    this.#wants.add(want);
  }

  get isEmpty(): boolean {
    return this.#waiting.offers.size + this.#waiting.demands.size + this.#removed.size === 0;
  }

  /** Adds a change; false when the subscriber does not want it. */
  add(change: BoardChange): boolean {
    if (!this.#wants.has(change.want)) return false;
    if ('removed' in change) {
      this.#removed.add(change.removed);
      trim(this.#removed);
      return true;
    }
    const waiting = this.#waiting[change.want];
    const signer = toHex(change.entry.publicKey);
    // A provider has one offer: its newest replaces the one that waits. Demands of one peer differ by job.
    const key = change.want === 'offers' ? signer : toHex(change.entry.signature);
    waiting.delete(key);
    waiting.set(key, change.entry);
    trim(waiting);
    return true;
  }

  /** At most one frame of each sort; call again while the batch is not empty. */
  take(): Extract<BoardAnswer, { type: 'changed' }>[] {
    const frames: Extract<BoardAnswer, { type: 'changed' }>[] = [];
    for (const want of this.#wants) {
      const entries: Envelope[] = [];
      let bytes = 0;
      for (const [key, entry] of this.#waiting[want]) {
        bytes += envelopeBytes(entry);
        if (entries.length >= BOARD_PAGE_ENTRIES || bytes > MAX_FRAME_BYTES) break;
        entries.push(entry);
        this.#waiting[want].delete(key);
      }
      const removed = want === 'offers' ? [...this.#removed].slice(0, BOARD_PAGE_ENTRIES) : [];
      for (const peer of removed) this.#removed.delete(peer);
      if (entries.length + removed.length > 0) frames.push({ type: 'changed', want, entries, removed });
    }
    return frames;
  }
}

function trim(waiting: Set<string> | Map<string, unknown>): void {
  while (waiting.size > MAX_WAITING) {
    const oldest = waiting.keys().next();
    if (oldest.done) return;
    waiting.delete(oldest.value);
  }
}
