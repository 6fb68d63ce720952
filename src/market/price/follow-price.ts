/** How a price that follows the market is now. */
export interface AskState {
  /** Asked per unit of work, in the token's smallest unit. */
  readonly ask: bigint;
  /** Share of the lent slots that was busy lately, 0 to 1, smoothed. */
  readonly busy: number;
  /** Where the price moved last: up, down, or not yet. */
  readonly direction: 1 | 0 | -1;
  /** How boldly it moves, above 0 to 1: halved at every turn, recovered by and by. */
  readonly step: number;
}

/** What was seen since the last time. */
export interface Busyness {
  /** Share of the lent slots that worked, 0 to 1. */
  readonly busyShare: number;
  readonly elapsedMs: number;
}

/** A job of a few minutes should not move the price alone. */
const BUSY_MEMORY_MS = 10 * 60_000;
/** Between these shares the price stands still: neither is work turned away nor does the machine idle. */
const IDLE_BELOW = 0.5;
const BUSY_ABOVE = 0.85;
/** Fastest change of the price's logarithm: a price doubles in an hour at the least. */
const MAX_RATE_PER_MS = Math.LN2 / 3_600_000;
/** A step of one review changes the price by no more than this, however long the review waited. */
const MAX_STEP = 0.1;
/** At each turn the step is halved, down to this: what swings around the right price comes to rest there. */
const LEAST_STEP = 1 / 32;
/** In this time a step that goes on in one direction regains most of its size: a shock is followed within hours. */
const RECOVERY_MS = 60 * 60_000;
/** Never more than this many times the floor: a lone provider does not ask a fortune by itself. */
export const MAX_ASK_FACTOR = 50n;

/** A price that starts here; the busyness begins where it moves nothing. */
export function startAsk(ask: bigint): AskState {
  return { ask, busy: (IDLE_BELOW + BUSY_ABOVE) / 2, direction: 0, step: 1 };
}

/**
 * The price asked next. It rises while most slots are busy and falls while they idle, between `floor` and
 * {@link MAX_ASK_FACTOR} times that; in between it rests. Everybody follows at once and hears of it late, which would
 * swing forever: so the busyness is smoothed, there is a band of rest, and each turn halves the step (the sign rule of
 * Rprop, Riedmiller and Braun 1993, with its growth bound to time).
 *
 * @example
 * state = nextAsk(state, { busyShare: busySlots / slots, elapsedMs: 60_000 }, rules.pricePerUnit.wasi);
 */
export function nextAsk(state: AskState, { busyShare, elapsedMs }: Busyness, floor: bigint): AskState {
  const memory = Math.exp(-Math.max(0, elapsedMs) / BUSY_MEMORY_MS);
  const busy = state.busy * memory + Math.min(1, Math.max(0, busyShare)) * (1 - memory);
  const pressure = pressureOf(busy);
  const now = Math.sign(pressure) as AskState['direction'];
  const isTurn = now !== 0 && state.direction === -now;
  const goesOn = now !== 0 && state.direction === now;
  const recovered = 1 - (1 - state.step) * Math.exp(-Math.max(0, elapsedMs) / RECOVERY_MS);
  const step = isTurn ? Math.max(LEAST_STEP, state.step / 2) : goesOn ? recovered : state.step;
  const change = Math.min(MAX_STEP, MAX_RATE_PER_MS * Math.max(0, elapsedMs)) * pressure * step;
  return {
    ask: clamp(scale(state.ask, Math.exp(change)), floor, floor * MAX_ASK_FACTOR),
    busy,
    direction: now === 0 ? state.direction : now,
    step,
  };
}

/** From -1, all idle, over 0 in the band of rest, to 1, all busy. */
function pressureOf(busy: number): number {
  if (busy > BUSY_ABOVE) return (busy - BUSY_ABOVE) / (1 - BUSY_ABOVE);
  return busy < IDLE_BELOW ? (busy - IDLE_BELOW) / IDLE_BELOW : 0;
}

/** How empty a job's seats were since the last time. */
export interface Emptiness {
  /** Share of the wanted seats that nobody takes, 0 to 1. */
  readonly emptyShare: number;
  readonly elapsedMs: number;
}

/** The highest price doubles in a quarter of an hour with no seat taken: jobs are shorter than machines live. */
const MAX_CEILING_RATE_PER_MS = Math.LN2 / 900_000;

/**
 * The requestor's counterpart: the ceiling that it should rather name, while seats stay empty; never above `most`. It
 * only rises, in step with the empty share: a ceiling is no price, since providers are paid what they ask.
 */
export function nextCeiling(ceiling: bigint, { emptyShare, elapsedMs }: Emptiness, most: bigint): bigint {
  const share = Math.min(1, Math.max(0, emptyShare));
  const change = Math.min(MAX_STEP, MAX_CEILING_RATE_PER_MS * Math.max(0, elapsedMs)) * share;
  return clamp(scale(ceiling, Math.exp(change)), ceiling, most > ceiling ? most : ceiling);
}

/** A price times a factor near 1, to a millionth of a millionth. */
function scale(price: bigint, factor: number): bigint {
  return (price * BigInt(Math.round(factor * 1e12)) + 500_000_000_000n) / 1_000_000_000_000n;
}

function clamp(price: bigint, least: bigint, most: bigint): bigint {
  if (price < least) return least;
  return price > most ? most : price;
}
