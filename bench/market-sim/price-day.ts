import type { Random } from '../../src/base/random.ts';
import { type AskState, nextAsk, startAsk } from '../../src/market/price/follow-price.ts';

const REVIEW_MS = 60_000;
const FLOOR = 1_000_000n;
/** What a slot of work is worth to the requestors at most, in floors: spread evenly from nothing up to this. */
const HIGHEST_WORTH = 10;

/** The market's median price over a day, in floors, every hour, and how it came to rest. */
export interface PriceDay {
  readonly hourly: readonly number[];
  /** Turns of the median by more than 5 % in the last third of each phase: what oscillates turns. */
  readonly turns: number;
}

/**
 * Providers that all follow the market (`follow-price`) through three phases of a day: demand for half of their slots,
 * for twice as many as there are, and for half again. Each minute the cheapest are hired while the work is worth their
 * price.
 */
export function priceDay(providers: number, hoursPerPhase: number, random: Random): PriceDay {
  let asks: AskState[] = Array.from({ length: providers }, () =>
    startAsk(FLOOR + BigInt(Math.floor(Number(FLOOR) * random()))),
  );
  const minutes: number[] = [];
  for (const demand of [0.5, 2, 0.5]) {
    for (let minute = 0; minute < hoursPerPhase * 60; minute++) {
      const order = asks.map((_, i) => i).sort((a, b) => Number(asks[a]!.ask - asks[b]!.ask));
      // Slots wanted at a price: fewer, the dearer it is.
      const busy = new Set(order.filter((i, rank) => rank < demand * providers * worthBuying(asks[i]!.ask)));
      asks = asks.map((state, i) =>
        nextAsk(state, { busyShare: busy.has(i) ? 1 : 0, elapsedMs: REVIEW_MS }, FLOOR),
      );
      minutes.push(medianAsk(asks));
    }
  }
  const phase = hoursPerPhase * 60;
  const turns = [0, 1, 2].reduce(
    (sum, i) => sum + countTurns(minutes.slice((i + 2 / 3) * phase, (i + 1) * phase)),
    0,
  );
  return { hourly: minutes.filter((_, minute) => minute % 60 === 59), turns };
}

function worthBuying(ask: bigint): number {
  return Math.max(0, 1 - Number(ask) / Number(FLOOR) / HIGHEST_WORTH);
}

function medianAsk(asks: readonly AskState[]): number {
  const sorted = asks.map(({ ask }) => Number(ask) / Number(FLOOR)).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Reversals after a swing of more than a twentieth. */
function countTurns(prices: readonly number[]): number {
  let turns = 0;
  let direction = 0;
  let extreme = prices[0]!;
  for (const price of prices) {
    const swing = price / extreme - 1;
    if (direction === 0 ? Math.abs(swing) > 0.05 : swing * direction < -0.05) {
      if (direction !== 0) turns++;
      direction = Math.sign(swing);
      extreme = price;
    } else if ((price - extreme) * direction > 0) extreme = price;
  }
  return turns;
}
