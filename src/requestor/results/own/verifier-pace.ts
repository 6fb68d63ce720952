import { VERIFIER_LIMITS } from '../../../job/limits.ts';

/** A check may take this many times the longest one of a right result: tasks differ, and the device may be busy. */
export const VERIFIER_PATIENCE = 10;
/** Never less, in milliseconds: a fresh slot compiles the program first. */
export const LEAST_VERIFIER_MS = 3_000;
/** Right results that have to be seen before the limit follows them. */
export const LEAST_VERIFIED = 3;
/** One check in so many that is stopped by a shortened limit is made again with all the time there is. */
export const CHECKS_PER_SECOND_LOOK = 5;

/**
 * How long a job's verifier may look at one result. A hostile result may be made to keep it busy to its limit, so the limit
 * follows what checks of right results took. A right one that takes longer than all before gets a second look now and
 * then, and the limit follows it: else a job whose tasks grow would accept nothing any more.
 */
export class VerifierPace {
  #right = 0;
  #longestMs = 0;
  #checks = 0;
  #nextLookAt = 0;

  /** A result was found right in this time, in milliseconds. */
  learn(wallMs: number): void {
    this.#right++;
    this.#longestMs = Math.max(this.#longestMs, wallMs);
  }

  /** A result is looked at. */
  begin(): void {
    this.#checks++;
  }

  /** May a check that took as long as this limit be made again, with all the time there is? Taken with the question. */
  takeSecondLook(limitMs: number): boolean {
    if (limitMs >= VERIFIER_LIMITS.wallMs || this.#checks < this.#nextLookAt) return false;
    this.#nextLookAt = this.#checks + CHECKS_PER_SECOND_LOOK;
    return true;
  }

  /** The limit now, in milliseconds. */
  get limitMs(): number {
    const most = VERIFIER_LIMITS.wallMs;
    if (this.#right < LEAST_VERIFIED) return most;
    return Math.min(most, Math.max(LEAST_VERIFIER_MS, Math.ceil(this.#longestMs * VERIFIER_PATIENCE)));
  }
}
