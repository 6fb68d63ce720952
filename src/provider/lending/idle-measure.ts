import { type Clock, every } from '../../base/time.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import { IDLE_BEFORE_MEASURE_MS, REMEASURE_AFTER_MS } from '../constants.ts';
import type { ActivitySlice } from '../slices.ts';
import type { SpeedScores } from './speed-scores.ts';

/** What is measured again, and when it may be. */
export interface IdleMeasureInit {
  readonly clock: Clock;
  readonly activity: ActivitySlice;
  readonly speed: SpeedScores;
  /** Kinds lent now. */
  readonly kinds: () => readonly JobKind[];
  /** Is a job being worked on? A measurement would take its time, and be wrong. */
  readonly isAtWork: () => boolean;
  readonly onMeasured: () => void;
}

/**
 * Measures speeds again while nobody uses the machine and no job runs on it; stops at once when a person comes back.
 * The first time soon, since the measurement at the start was made beside whatever its person was doing.
 */
export class IdleMeasure {
  readonly #init: IdleMeasureInit;
  readonly #stops: readonly (() => void)[];
  #running: AbortController | undefined;
  #wasMeasuredIdle = false;

  constructor(init: IdleMeasureInit) {
    this.#init = init;
    this.#stops = [
      init.activity.isInUse.subscribe((isInUse) => isInUse && this.interrupt()),
      every(
        init.clock,
        () => IDLE_BEFORE_MEASURE_MS,
        () => this.#measureOld(),
      ),
    ];
  }

  /** Stops a measurement under way: somebody or something else needs the machine. */
  interrupt(): void {
    this.#running?.abort();
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.interrupt();
  }

  async #measureOld(): Promise<void> {
    const { activity, isAtWork, kinds, speed, clock, onMeasured } = this.#init;
    if (activity.isInUse.value || isAtWork() || speed.measuring !== undefined) return;
    const sinceMs = this.#wasMeasuredIdle ? clock.now() - REMEASURE_AFTER_MS : clock.now();
    const old = kinds().filter((kind) => (speed.measuredAtMs(kind) ?? clock.now()) <= sinceMs);
    if (old.length === 0) return;
    const running = new AbortController();
    this.#running = running;
    try {
      await speed.measure(old, running.signal);
      this.#wasMeasuredIdle = true;
      onMeasured();
    } catch {
      // Stopped because somebody came; the next quiet minute will do.
    } finally {
      this.#running = undefined;
    }
  }
}
