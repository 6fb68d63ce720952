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
/** Waits for the optimiser, each followed by a probe: most programs are ready after the first. */
const WAITS_MS: readonly number[] = [15, 20, 25];
/** A probe this much faster than the first round runs optimised code. */
const FASTER = 1.3;
/** Each further round goes on by what takes baseline code this long, should it meet a function that is still cold. */
const REACH_MS = 20;
/** A round that comes out this much slower than optimised code met such a function: that gets its time, too. */
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
 * Decides how a program's first attempts are made; one per load and slot. First a round long enough to make the hot
 * loop hot, then probes until it runs faster, then rounds that reach further for later phases, while the budget lasts.
 * Tasks that end within a round are done and cost nothing.
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
  #phase: 'heat' | 'probe' | 'reach' | 'warm' = 'heat';
  #fuel = FIRST_FUEL;
  #waitMs = 0;
  #leftMs = BUDGET_MS;
  #probes = 0;
  /** Units per millisecond: of the round that made the code hot, and of the fastest after it. */
  #baseline = 0;
  #optimised = 0;

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
    else if (this.#phase === 'probe') this.#probe(readMs);
    else this.#reach(readMs);
  }

  /** A round took too long for its fuel: nothing is to be learnt from rounds of this program. */
  giveUp(): void {
    this.#phase = 'warm';
  }

  #heat(readMs: number): void {
    if (readMs >= HOT_ENOUGH_MS) {
      this.#baseline = this.#fuel / readMs;
      this.#phase = 'probe';
      this.#wait(WAITS_MS[0]!, readMs);
      return;
    }
    const growth = Math.min(MAX_GROWTH, Math.max(2, HOT_MS / readMs));
    this.#fuel = Math.round(this.#fuel * growth);
  }

  #probe(readMs: number): void {
    const rate = this.#fuel / readMs;
    this.#probes++;
    if (rate >= FASTER * this.#baseline) {
      this.#optimised = rate;
      this.#phase = 'reach';
      this.#goFurther();
      return;
    }
    const waitMs = WAITS_MS[this.#probes];
    if (waitMs === undefined) this.#phase = 'warm';
    else this.#wait(waitMs, readMs);
  }

  #reach(readMs: number): void {
    const rate = this.#fuel / readMs;
    if (rate * SLOWER >= this.#optimised) this.#goFurther();
    else this.#wait(WAITS_MS[0]!, readMs);
    this.#optimised = Math.max(this.#optimised, rate);
  }

  #goFurther(): void {
    const knownMs = this.#fuel / this.#optimised;
    this.#fuel += Math.round(REACH_MS * this.#baseline);
    if (knownMs + REACH_MS > this.#leftMs) this.#phase = 'warm';
  }

  /** Waits, and then makes a round that took this long before, if both are within the budget. */
  #wait(waitMs: number, roundMs: number): void {
    this.#waitMs = Math.min(waitMs, Math.max(0, this.#leftMs));
    if (waitMs + roundMs > this.#leftMs) this.#phase = 'warm';
  }
}
