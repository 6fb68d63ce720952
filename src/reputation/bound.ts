import type { ReputationRecord } from './record.ts';
import { NO_SECOND_HAND, type SecondHand } from './second-hand.ts';

/** One-sided 90 % confidence. */
const Z = 1.2816;
/** What a stranger is given: one good and one bad dealing, so that it starts low but not at nothing. */
const PRIOR = 1;
/** A wrong result is deliberate or dangerous; lateness is mostly a closed laptop. Weights in bad dealings. */
const BAD_WEIGHTS = { wrong: 10, abandoned: 0.5, late: 0.25 } as const;
/** However well a requestor pays, its credit grows no further than by this factor. */
const MAX_CREDIT_FACTOR = 10;
/** Paid dealings that double the credit of a requestor without a bad one. */
const PAID_PER_DOUBLING = 200;

/** Wilson score lower bound (Wilson 1927) of the share of good dealings, one of each added beforehand. */
export function lowerBound(good: number, bad: number): number {
  const s = good + PRIOR;
  const n = s + bad + PRIOR;
  const p = s / n;
  const z2 = Z * Z;
  return (p + z2 / (2 * n) - Z * Math.sqrt((p * (1 - p) + z2 / (4 * n)) / n)) / (1 + z2 / n);
}

/**
 * How far a provider can be relied upon, 0 to 1; a stranger gets about 0.18. Decay the record first. What others say adds
 * to what was seen, as their receipts were weighed.
 */
export function reliability(record: ReputationRecord, others: SecondHand = NO_SECOND_HAND): number {
  const { wrong, abandoned, late } = BAD_WEIGHTS;
  const bad = record.wrong * wrong + record.abandoned * abandoned + record.late * late;
  return lowerBound(record.valid + others.good, bad + others.bad);
}

/** How surely a requestor pays, 0 to 1. Decay the record first. */
export function paymentReliability(record: ReputationRecord, others: SecondHand = NO_SECOND_HAND): number {
  return lowerBound(record.paid + others.good, record.unpaid + others.bad);
}

/**
 * Factor on the work that a provider risks uncovered with this requestor: 1 for a stranger, up to 10 as it pays, down
 * to 0 once it has left more unpaid than paid. Decay the record first.
 */
export function credit(record: ReputationRecord, others: SecondHand = NO_SECOND_HAND): number {
  const total = record.paid + record.unpaid;
  const unpaidShare = total === 0 ? 0 : record.unpaid / total;
  const earned = 1 + (record.paid + others.good) / PAID_PER_DOUBLING;
  return Math.min(MAX_CREDIT_FACTOR, earned) * Math.max(0, 1 - 2 * unpaidShare);
}
