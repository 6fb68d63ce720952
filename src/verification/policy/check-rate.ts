import type { Policy } from '../../protocol/policy.ts';
import { workerCredibility } from './credibility.ts';

/** How sure a result must be before it is accepted, where the policy does not say (design: credibility). */
export const DEFAULT_THRESHOLD = 0.999;
/**
 * Share of providers taken to cheat before anything is known, where the policy does not say: the largest one with
 * which two strangers that agree pass {@link DEFAULT_THRESHOLD} (0.97² / (0.97² + 0.03²) = 0.99904).
 */
export const DEFAULT_ASSUMED_FAULTS = 0.03;
/** What is assumed weighs as much as having come to know this many providers. */
const ASSUMPTION_WEIGHT = 30;
/** One result in twenty of a trusted provider is checked, however honest everybody seems. */
export const MIN_CHECK_RATE = 0.05;
/** No more than this share is checked: beyond it a quorum is the better policy. */
export const MAX_CHECK_RATE = 0.14;
/** What is added to the check rate for each part of the providers that was caught. */
const CHECKS_PER_FAULT = 1.5;

/** After c checks passed, the chance of one more is at least so many times the share that was caught, over c. */
const EARLY_CHECKS_PER_FAULT = 80;

/** What a job has seen of its providers so far: of all, or of those that had passed their trial. */
export interface Seen {
  /** Providers that are known by now: caught ones, and honest ones, each by how much of the trial it has passed (0 to 1). */
  readonly known: number;
  /** Those of them whose result was wrong. */
  readonly caught: number;
}

/** The probability that a result must reach under this policy. */
export function acceptanceThreshold(policy: Policy): number {
  return (policy.kind === 'adaptive' ? policy.threshold : undefined) ?? DEFAULT_THRESHOLD;
}

/** The share of providers, 0 to 1, that this policy takes to cheat before anything is known of them. */
export function assumedFaults(policy: Policy): number {
  return (policy.kind === 'adaptive' ? policy.assumedFaults : undefined) ?? DEFAULT_ASSUMED_FAULTS;
}

/**
 * The share f of providers that cheat, as this job shows it: those caught of those known, with the assumed share
 * weighing as {@link ASSUMPTION_WEIGHT} providers more (the mean of a beta distribution). At most ½, where votes end
 * to say anything.
 */
export function faultShare({ known, caught }: Seen, assumed: number): number {
  return Math.min(0.5, (assumed * ASSUMPTION_WEIGHT + caught) / (ASSUMPTION_WEIGHT + known));
}

/**
 * The share of a trusted provider's results that is checked by a second one: one in twenty, and one and a half in a
 * hundred more for each provider in a hundred that was caught, at most 14 in a hundred.
 */
export function checkRate(faultShare: number): number {
  return Math.min(MAX_CHECK_RATE, MIN_CHECK_RATE + CHECKS_PER_FAULT * faultShare);
}

/**
 * The probability with which the next result of a trusted provider is checked: the {@link checkRate}, or 1/passed if that is
 * more (BOINC's rule), and the more cheats there are, the more of them go to the beginning: who lies now and then is
 * less known the less it has done, so that a short stay is checked more than an equal part of a long one.
 *
 * @param passed checks that it has passed
 */
export function nextCheck(passed: number, faultShare: number): number {
  return Math.max(checkRate(faultShare), Math.max(1, EARLY_CHECKS_PER_FAULT * faultShare) / passed);
}

/**
 * Checks that a provider has to pass before its results count alone: those that make its credibility reach the
 * threshold (Sarmenta, with caught ones excluded: 1 − f/(1−f) · 1/(k·e)), and at least `least`.
 *
 * @example
 * passesForTrust(0.999, 0.03, 10); // 12
 */
export function passesForTrust(threshold: number, faultShare: number, least: number): number {
  const passes = Math.ceil(faultShare / ((1 - faultShare) * Math.E * (1 - threshold)));
  const isEnough = passes < 1 || workerCredibility(passes, faultShare, true) >= threshold;
  return Math.max(least, isEnough ? passes : passes + 1);
}
