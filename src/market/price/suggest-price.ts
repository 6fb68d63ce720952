import type { Offer } from '../../protocol/announce.ts';
import { MICRO_UNITS_PER_UNIT } from '../../protocol/constants.ts';
import type { JobKind } from '../../protocol/primitives.ts';

/**
 * Prices per unit of work (one second of the reference score) while the board is empty, in the token's smallest unit:
 * about 0.02 GLM per reference hour of one core, Golem's usual level, and ten times that for a GPU.
 */
export const DEFAULT_PRICE_PER_UNIT: Readonly<Record<JobKind, bigint>> = {
  wasi: 5_500_000_000_000n,
  wgsl: 55_000_000_000_000n,
  onnx: 5_500_000_000_000n,
};

/** What a job will cost by the live board. */
export interface Estimate {
  readonly pricePerUnit: bigint;
  /** For all tasks and their expected replicas, in the token's smallest unit. */
  readonly total: bigint;
  /** Offers of this kind with a free slot. */
  readonly providers: number;
}

/** The median price that offers of this kind ask per unit of work; the default when there are none. */
export function suggestPrice(offers: readonly Offer[], kind: JobKind): bigint {
  const prices = offersOf(offers, kind).map(({ pricePerUnit }) => pricePerUnit);
  prices.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return prices[Math.floor(prices.length / 2)] ?? DEFAULT_PRICE_PER_UNIT[kind];
}

/**
 * Price per unit and total of a job. `resultsPerTask` is what the check policy is expected to pay per task
 * (verification: expectedResults).
 */
export function estimate(
  offers: readonly Offer[],
  kind: JobKind,
  microUnitsPerTask: number,
  tasks: number,
  resultsPerTask = 1,
): Estimate {
  const pricePerUnit = suggestPrice(offers, kind);
  const results = BigInt(Math.ceil(tasks * resultsPerTask));
  const perResult = divideUp(pricePerUnit * BigInt(microUnitsPerTask), MICRO_UNITS_PER_UNIT);
  const free = offersOf(
    offers.filter((offer) => offer.slots.free > 0),
    kind,
  );
  return { pricePerUnit, total: perResult * results, providers: free.length };
}

function offersOf(offers: readonly Offer[], kind: JobKind) {
  return offers.flatMap((offer) => offer.kinds.filter((entry) => entry.kind === kind));
}

function divideUp(amount: bigint, divisor: bigint): bigint {
  return (amount + divisor - 1n) / divisor;
}
