/** A smaller share would look like a stopped task. */
const MIN_SHARE = 0.05;
/** Timers shorter than this are not kept by browsers; the debt is carried on instead. */
const MIN_REST_MS = 8;
/** One dispatch that could not be cut may have run for minutes; nobody gains from a rest as long. */
const MAX_OWED_MS = 5_000;

/** The rest that is owed at the end of some work, when `idleMs` passed between the work before and this one. */
export function owedRestMs(owedMs: number, idleMs: number, busyMs: number, share: number): number {
  const left = Math.max(0, owedMs - idleMs);
  return Math.min(left + busyMs * (1 / share - 1), MAX_OWED_MS);
}

/**
 * Keeps the GPU busy at most a share of the time, so that the person in front of it does not feel the work: rests
 * between batches, and idle time counts as rest.
 */
export class DutyCycle {
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<void>;
  #share = 1;
  #owedMs = 0;
  #endedMs = 0;

  constructor(
    now = () => performance.now(),
    sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  ) {
    this.#now = now;
    this.#sleep = sleep;
  }

  /** Changes the share, above 0 to 1; 1 never rests. Holds from the next batch. */
  setShare(share: number): void {
    this.#share = Math.min(1, Math.max(MIN_SHARE, share));
    if (this.#share === 1) this.#owedMs = 0;
  }

  /** Waits until the GPU has rested enough for its next batch. */
  async rest(): Promise<void> {
    const restMs = this.#owedMs - (this.#now() - this.#endedMs);
    if (restMs >= MIN_REST_MS) await this.#sleep(restMs);
  }

  /** Tells that the GPU was busy since then, until now. */
  worked(sinceMs: number): void {
    const now = this.#now();
    this.#owedMs = owedRestMs(this.#owedMs, sinceMs - this.#endedMs, now - sinceMs, this.#share);
    this.#endedMs = now;
  }
}

/** The duty cycle of this worker's GPU device; the host sets its share. */
export const gpuDuty = new DutyCycle();
