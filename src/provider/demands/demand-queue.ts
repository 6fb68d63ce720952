import type { Demand } from '../../protocol/announce.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import { MAX_WAITING_DEMANDS } from '../constants.ts';

/** A demand that fits and is waiting to be answered. */
export interface WaitingDemand {
  readonly key: string;
  readonly demand: Demand;
  /** 0 to 1; see answer-rank.ts. */
  readonly rank: number;
  readonly isPreferred: boolean;
  readonly dueAtMs: number;
}

/** The demands that fit, by kind, until one of each is answered. Pure: the caller tells the time. */
export class DemandQueue {
  readonly #waiting = new Map<string, WaitingDemand>();

  get(key: string): WaitingDemand | undefined {
    return this.#waiting.get(key);
  }

  /** Adds or renews one. With too many waiting, the one of the least rank goes. */
  put(waiting: WaitingDemand): void {
    this.#waiting.set(waiting.key, waiting);
    if (this.#waiting.size <= MAX_WAITING_DEMANDS) return;
    const [least] = [...this.#waiting.values()].sort((a, b) => a.rank - b.rank);
    this.#waiting.delete(least!.key);
  }

  /** Its time has come. */
  makeDue(key: string, nowMs: number): void {
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined && waiting.dueAtMs > nowMs)
      this.#waiting.set(key, { ...waiting, dueAtMs: nowMs });
  }

  delete(key: string): void {
    this.#waiting.delete(key);
  }

  /** Takes the best one of a kind whose time has come; preferred ones are taken at any time, before all others. */
  takeBest(kind: JobKind, nowMs: number): WaitingDemand | undefined {
    const [best] = [...this.#waiting.values()]
      .filter(({ demand, isPreferred, dueAtMs }) => demand.kind === kind && (isPreferred || dueAtMs <= nowMs))
      .sort(
        (a, b) => Number(b.isPreferred) - Number(a.isPreferred) || b.rank - a.rank || a.dueAtMs - b.dueAtMs,
      );
    if (best !== undefined) this.#waiting.delete(best.key);
    return best;
  }
}
