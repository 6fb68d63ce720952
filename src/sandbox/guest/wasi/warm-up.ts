/*
 * V8 never optimises a WASM function while it runs, and SpiderMonkey's lazy tiers do not either: a function that is
 * called once and loops for seconds stays in the baseline compiler (design: sandbox, speed facts). So the first task of
 * a program is begun a few times with little fuel and dropped when that runs out. Such rounds make its functions hot;
 * the optimiser works on them in the background; every instance of the same module then runs the optimised code.
 */

/** What all rounds and waits together may cost a program, in milliseconds: 5 % of a call of two seconds. */
const BUDGET_MS = 100;
/** Fuel of the first round: 1–2 ms of baseline code, so that a short program is simply done. */
const FIRST_FUEL = 1_000_000;
/** A round this long makes a hot loop hot: V8 asks for the optimiser after a few milliseconds in one function. */
const HOT_MS = 8;
/** … and one of at least this length will do. */
const HOT_ENOUGH_MS = 5;
/** How much more fuel a round gets at most: a reading of a millisecond may be far off. */
const MAX_GROWTH = 16;
/** What the optimiser gets for the functions that a round made hot; the rounds after it give it more. */
const WAIT_MS = 15;
/** Each further round goes on by what takes this long at the first rate, should it meet a function that is still cold. */
const REACH_MS = 20;
/** A round this much slower than the fastest met such a function. */
const SLOWER = 1.4;
/** A round ends at the first import after this time: a program that mostly calls imports burns little fuel. */
const ROUND_LIMIT_MS = 50;
/** Shorter readings are noise. */
const MIN_READING_MS = 0.1;

/** How the next attempt at a task is made. */
export interface Attempt {
  /** Units of fuel it gets; undefined: all that the limits give, because the code is warm. */
  readonly fuel: number | undefined;
  /** How long to wait before it, in milliseconds. */
  readonly waitMs: number;
  /** A round is dropped at the first import after this time, in milliseconds. */
  readonly limitMs: number;
}

/**
 * Decides how a program's first attempts are made; one per load and slot. First rounds that grow until one is long enough
 * to make the hot loop hot, then, after a wait, rounds that reach further each time and find later phases, while the
 * budget lasts. Tasks that end within a round are done and cost nothing.
 *
 * @example
 * for (;;) {
 *   const { fuel, waitMs } = warmUp.next();
 *   const { isSpent, tookMs } = await attempt(fuel ?? limit, waitMs);
 *   if (!isSpent || fuel === undefined) break;
 *   warmUp.dropped(tookMs);
 * }
 */
export class WarmUp {
  #phase: 'heat' | 'reach' | 'warm' = 'heat';
  #fuel = FIRST_FUEL;
  #waitMs = 0;
  #leftMs = BUDGET_MS;
  /** Units per millisecond: of the first long round, and of the fastest so far. */
  #firstRate = 0;
  #bestRate = 0;

  /** The next attempt. */
  next(): Attempt {
    const waitMs = this.#waitMs;
    this.#waitMs = 0;
    this.#leftMs -= waitMs;
    return { fuel: this.#phase === 'warm' ? undefined : this.#fuel, waitMs, limitMs: ROUND_LIMIT_MS };
  }

  /** A task ended; the time until the next one counts as waiting. */
  ended(): void {
    this.#waitMs = 0;
  }

  /** A round ran out of its fuel after this time. */
  dropped(tookMs: number): void {
    this.#leftMs -= tookMs;
    const readMs = Math.max(tookMs, MIN_READING_MS);
    if (this.#phase === 'heat') this.#heat(readMs);
    else this.#reach(readMs);
  }

  /** A round took too long for its fuel: nothing is to be learnt from rounds of this program. */
  giveUp(): void {
    this.#phase = 'warm';
  }

  #heat(readMs: number): void {
    if (readMs < HOT_ENOUGH_MS) {
      const growth = Math.min(MAX_GROWTH, Math.max(2, HOT_MS / readMs));
      this.#fuel = Math.round(this.#fuel * growth);
      return;
    }
    this.#phase = 'reach';
    this.#firstRate = this.#bestRate = this.#fuel / readMs;
    this.#goFurther(WAIT_MS);
  }

  #reach(readMs: number): void {
    const rate = this.#fuel / readMs;
    const isSlow = rate * SLOWER < this.#bestRate;
    this.#bestRate = Math.max(this.#bestRate, rate);
    this.#goFurther(isSlow ? WAIT_MS : 0);
  }

  /** Waits, and then makes a longer round if there is time for it, should all that is new to it be slow. */
  #goFurther(waitMs: number): void {
    this.#waitMs = Math.min(waitMs, Math.max(0, this.#leftMs));
    const knownMs = this.#fuel / this.#bestRate;
    this.#fuel += Math.round(REACH_MS * this.#firstRate);
    if (waitMs + knownMs + REACH_MS > this.#leftMs) this.#phase = 'warm';
  }
}
