import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../base/random.ts';
import { type AskState, MAX_ASK_FACTOR, nextAsk, nextCeiling, startAsk } from './follow-price.ts';

const MINUTE_MS = 60_000;
const FLOOR = 1_000_000n;

/** So many minutes at one busyness. */
function live(state: AskState, minutes: number, busyShare: number, floor = FLOOR): AskState {
  for (let i = 0; i < minutes; i++) state = nextAsk(state, { busyShare, elapsedMs: MINUTE_MS }, floor);
  return state;
}

describe('one provider', () => {
  test('asks more while it is busy and less while it idles, and rests in between', () => {
    const start = startAsk(2n * FLOOR);
    expect(live(start, 60, 1).ask).toBeGreaterThan(start.ask);
    expect(live(start, 60, 0).ask).toBeLessThan(start.ask);
    expect(live(start, 600, 0.7).ask).toBe(start.ask);
  });
  test('never asks less than its floor, nor a fortune', () => {
    expect(live(startAsk(2n * FLOOR), 6_000, 0).ask).toBe(FLOOR);
    expect(live(startAsk(2n * FLOOR), 6_000, 1).ask).toBe(FLOOR * MAX_ASK_FACTOR);
    expect(nextAsk(startAsk(1n), { busyShare: 0.7, elapsedMs: 0 }, FLOOR).ask).toBe(FLOOR);
    expect(live(startAsk(0n), 100, 1, 0n).ask).toBe(0n);
  });
  test('doubles its price no faster than in an hour, and one review moves it little, however late', () => {
    const start = startAsk(2n * FLOOR);
    expect(live(start, 60, 1).ask).toBeLessThan(4n * FLOOR);
    const late = nextAsk({ ...start, busy: 1 }, { busyShare: 1, elapsedMs: 1e12 }, FLOOR);
    expect(Number(late.ask) / Number(start.ask)).toBeCloseTo(Math.exp(0.1), 6);
  });
  test('a short job moves nothing', () => {
    expect(live(startAsk(2n * FLOOR), 3, 1).ask).toBe(2n * FLOOR);
  });
  test('takes odd numbers for what they can mean', () => {
    const start = startAsk(2n * FLOOR);
    expect(nextAsk(start, { busyShare: 9, elapsedMs: MINUTE_MS }, FLOOR)).toEqual(
      nextAsk(start, { busyShare: 1, elapsedMs: MINUTE_MS }, FLOOR),
    );
    expect(nextAsk(start, { busyShare: 1, elapsedMs: -5 }, FLOOR)).toEqual(start);
  });
});

describe('a ceiling', () => {
  test('rises while seats stay empty, in step with how many, up to the most', () => {
    const after = (emptyShare: number, minutes: number) => {
      let ceiling = FLOOR;
      for (let i = 0; i < minutes; i++)
        ceiling = nextCeiling(ceiling, { emptyShare, elapsedMs: MINUTE_MS }, 3n * FLOOR);
      return ceiling;
    };
    expect(after(0, 60)).toBe(FLOOR);
    expect(Number(after(1, 15)) / Number(FLOOR)).toBeCloseTo(2, 3);
    expect(after(0.5, 15)).toBeLessThan(after(1, 15));
    expect(after(1, 60)).toBe(3n * FLOOR);
  });
  test('is not lowered, and not raised above the most', () => {
    expect(nextCeiling(5n, { emptyShare: 0, elapsedMs: MINUTE_MS }, 3n)).toBe(5n);
    expect(nextCeiling(5n, { emptyShare: 1, elapsedMs: 1e12 }, 3n)).toBe(5n);
  });
});

/** Providers with floors of their own; each minute the cheapest (as far as anybody can tell) get the work. */
class Market {
  readonly #random: Random;
  readonly providers: { readonly floor: bigint; state: AskState }[];

  constructor(seed: number, count: number) {
    this.#random = seededRandom(seed);
    this.providers = Array.from({ length: count }, () => ({
      floor: BigInt(Math.round(Number(FLOOR) * (0.5 + this.#random()))),
      state: startAsk(BigInt(Math.round(1.5 * Number(FLOOR)))),
    }));
  }

  /** Lets so many slots be wanted for so long, each up to a ceiling between half and eight times the floor. */
  run(minutes: number, wanted: number): number[] {
    return Array.from({ length: minutes }, () => {
      const random = this.#random;
      const ceilings = Array.from({ length: wanted }, () => 0.5 * Number(FLOOR) * 16 ** random());
      ceilings.sort((a, b) => b - a);
      const queue = this.providers.map((one) => ({
        one,
        rank: Number(one.state.ask) * (0.95 + 0.1 * random()),
      }));
      queue.sort((a, b) => a.rank - b.rank);
      const busy = new Set<object>();
      for (const ceiling of ceilings) {
        const next = queue[busy.size];
        if (next !== undefined && Number(next.one.state.ask) <= ceiling) busy.add(next.one);
      }
      for (const one of this.providers)
        one.state = nextAsk(one.state, { busyShare: busy.has(one) ? 1 : 0, elapsedMs: MINUTE_MS }, one.floor);
      return this.providers.reduce((sum, { state }) => sum + Number(state.ask), 0) / this.providers.length;
    });
  }
}

/** By how much the mean price swung in each hour, as a share of itself. */
function swings(prices: readonly number[]): number[] {
  return Array.from({ length: Math.floor(prices.length / 60) }, (_, hour) => {
    const slice = prices.slice(hour * 60, hour * 60 + 60);
    return (Math.max(...slice) - Math.min(...slice)) / Math.min(...slice);
  });
}

describe('three hundred providers that all follow the market', () => {
  test.each([1, 2, 3])(
    'come to rest after every shock of demand, without a limit cycle (seed %i)',
    (seed) => {
      const market = new Market(seed, 300);
      const phases = [market.run(600, 150), market.run(900, 600), market.run(900, 60), market.run(900, 300)];
      for (const prices of phases) {
        const byHour = swings(prices);
        const [early, late] = [Math.max(...byHour.slice(0, 3)), Math.max(...byHour.slice(-3))];
        expect(late).toBeLessThan(0.02);
        expect(late).toBeLessThan(early / 5);
      }
      const [calm, rush, slump] = phases.map((prices) => prices.at(-1)!);
      expect(rush).toBeGreaterThan(1.5 * calm!);
      expect(slump).toBeLessThan(calm!);
    },
  );
  test('no single price swings on either', () => {
    const market = new Market(4, 300);
    market.run(600, 300);
    const before = market.providers.map(({ state }) => Number(state.ask));
    let widest = 0;
    for (let hour = 0; hour < 5; hour++) {
      market.run(60, 300);
      market.providers.forEach(({ state }, i) => {
        widest = Math.max(widest, Math.abs(Number(state.ask) / before[i]! - 1));
      });
    }
    expect(widest).toBeLessThan(0.15);
  });
});
