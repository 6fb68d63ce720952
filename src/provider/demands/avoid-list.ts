import { AVOID_LONGEST_MS, MAX_AVOIDED, RETRY_JOB_AFTER_MS } from '../constants.ts';

interface Avoided {
  readonly untilMs: number;
  readonly waitMs: number;
}

/**
 * Who is not asked again for a while, by any name: a job, a requestor. Each failure in a row doubles the wait; a name
 * that kept out of trouble for as long again is forgotten. Pure: the caller tells the time.
 */
export class AvoidList {
  readonly #avoided = new Map<string, Avoided>();

  /** Is this name to be left alone now? */
  has(name: string, nowMs: number): boolean {
    return nowMs < (this.#avoided.get(name)?.untilMs ?? 0);
  }

  /** Names remembered. */
  get size(): number {
    return this.#avoided.size;
  }

  /** Nothing to hold against it, only not again at once: waits the least time, and forgets what was. */
  rest(name: string, nowMs: number): void {
    this.#put(name, RETRY_JOB_AFTER_MS, nowMs);
  }

  /** It failed: waits twice as long as the last time. */
  fail(name: string, nowMs: number): void {
    const beforeMs = this.#avoided.get(name)?.waitMs ?? RETRY_JOB_AFTER_MS / 2;
    this.#put(name, Math.min(beforeMs * 2, AVOID_LONGEST_MS), nowMs);
  }

  /** Forgets a name. */
  forgive(name: string): void {
    this.#avoided.delete(name);
  }

  #put(name: string, waitMs: number, nowMs: number): void {
    for (const [other, { untilMs, waitMs: otherMs }] of this.#avoided)
      if (untilMs + otherMs <= nowMs) this.#avoided.delete(other);
    this.#avoided.delete(name);
    this.#avoided.set(name, { untilMs: nowMs + waitMs, waitMs });
    const [oldest] = this.#avoided.keys();
    if (this.#avoided.size > MAX_AVOIDED && oldest !== undefined) this.#avoided.delete(oldest);
  }
}
