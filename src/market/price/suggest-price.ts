import type { Offer } from '../../protocol/announce.ts';
import { MICRO_UNITS_PER_UNIT } from '../../protocol/constants.ts';
import type { PeerId } from '../../protocol/identity.ts';
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

/** How far an own record vouches for a provider, 0 to 1; undefined for a stranger. */
export type KnownReliability = (provider: PeerId) => number | undefined;

/** Slots are only claimed: more than these add nothing to a payee's weight. */
const MAX_SLOTS_COUNTED = 8;
/** With this many payees known, strangers together weigh half of what the known ones do. */
const LEAST_KNOWN_PAYEES = 3;
const STRANGERS_SHARE = 0.5;

/** What a job will cost by the live board. */
export interface Estimate {
  readonly pricePerUnit: bigint;
  /** For all tasks and their expected replicas, in the token's smallest unit. */
  readonly total: bigint;
  /** Offers of this kind with a free slot. */
  readonly providers: number;
}

/**
 * The price per unit of work that the board suggests: the weighted median of what is asked, so that no outlier moves it
 * far; the default when nothing is offered. Offers cost nothing, so a crowd of them must not count as a crowd: one payee
 * is one voice, at its lowest price, with the weight of a few slots at most. Where own records know at least three payees,
 * these weigh by their reliability and all strangers together half of that: then no number of strangers brings the
 * median above the highest or below the lowest price of a known one.
 */
export function suggestPrice(
  offers: readonly Offer[],
  kind: JobKind,
  reliability: KnownReliability = () => undefined,
): bigint {
  const voices = voicesOf(offers, kind, reliability);
  const known = voices.filter(({ isKnown }) => isKnown);
  const knownWeight = sum(known.map(({ weight }) => weight));
  const strangers = sum(voices.map(({ weight }) => weight)) - knownWeight;
  const isKnownMarket = known.length >= LEAST_KNOWN_PAYEES && knownWeight > 0;
  const factor = isKnownMarket ? Math.min(1, (STRANGERS_SHARE * knownWeight) / strangers) : 1;
  const weighted = voices.map(({ price, weight, isKnown }) => ({
    price,
    weight: isKnown ? weight : weight * factor,
  }));
  return weightedMedian(weighted) ?? DEFAULT_PRICE_PER_UNIT[kind];
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
  reliability?: KnownReliability,
): Estimate {
  const pricePerUnit = suggestPrice(offers, kind, reliability);
  const results = BigInt(Math.ceil(tasks * resultsPerTask));
  const perResult = divideUp(pricePerUnit * BigInt(microUnitsPerTask), MICRO_UNITS_PER_UNIT);
  const free = offers.filter(({ slots, kinds }) => slots.free > 0 && kinds.some((one) => one.kind === kind));
  return { pricePerUnit, total: perResult * results, providers: free.length };
}

/** What one payee asks, and how much that counts. */
interface Voice {
  price: bigint;
  slots: number;
  weight: number;
  isKnown: boolean;
}

function voicesOf(offers: readonly Offer[], kind: JobKind, reliability: KnownReliability): Voice[] {
  const byPayee = new Map<string, Voice>();
  for (const { provider, payee, kinds, slots } of offers) {
    const price = kinds.find((one) => one.kind === kind)?.pricePerUnit;
    if (price === undefined) continue;
    const known = reliability(provider);
    const isKnown = known !== undefined;
    // Anybody can name the payee of a known provider: strangers never speak in its place.
    const key = `${isKnown} ${payee.toLowerCase()}`;
    const voice = byPayee.get(key) ?? { price, slots: 0, weight: 0, isKnown };
    voice.price = price < voice.price ? price : voice.price;
    voice.slots = Math.min(MAX_SLOTS_COUNTED, voice.slots + Math.max(1, slots.total));
    voice.weight = Math.max(voice.weight, known ?? 0);
    byPayee.set(key, voice);
  }
  const voices = [...byPayee.values()];
  return voices.map((voice) => ({
    ...voice,
    weight: voice.isKnown ? voice.weight * voice.slots : voice.slots,
  }));
}

/** The price at which half of the weight lies below; undefined without any weight. */
function weightedMedian(
  entries: readonly { readonly price: bigint; readonly weight: number }[],
): bigint | undefined {
  const sorted = entries.filter(({ weight }) => weight > 0);
  sorted.sort((a, b) => (a.price < b.price ? -1 : a.price > b.price ? 1 : 0));
  const half = sum(sorted.map(({ weight }) => weight)) / 2;
  let below = 0;
  for (const { price, weight } of sorted) {
    below += weight;
    if (below > half) return price;
  }
  return sorted.at(-1)?.price;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function divideUp(amount: bigint, divisor: bigint): bigint {
  return (amount + divisor - 1n) / divisor;
}
