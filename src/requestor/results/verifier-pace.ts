import { VERIFIER_LIMITS } from '../../job/limits.ts';

/** A check may take this many times the longest one of a right result: tasks differ, and the device may be busy. */
export const VERIFIER_PATIENCE = 10;
/** Never less, in milliseconds: a fresh slot compiles the program first. */
export const LEAST_VERIFIER_MS = 3_000;
/** Right results that have to be seen before the limit follows them. */
export const LEAST_VERIFIED = 3;

/**
 * How long a job's verifier may look at one result. A hostile result may be made to keep it busy to its limit, so the limit
 * follows what checks of right results took.
 */
export class VerifierPace {
  #right = 0;
  #longestMs = 0;

  /** A result was found right in this time, in milliseconds. */
  learn(wallMs: number): void {
    this.#right++;
    this.#longestMs = Math.max(this.#longestMs, wallMs);
  }

  /** The limit now, in milliseconds. */
  get limitMs(): number {
    const most = VERIFIER_LIMITS.wallMs;
    if (this.#right < LEAST_VERIFIED) return most;
    return Math.min(most, Math.max(LEAST_VERIFIER_MS, Math.ceil(this.#longestMs * VERIFIER_PATIENCE)));
  }
}
