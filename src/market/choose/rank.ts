import type { Proposal } from '../../protocol/negotiate.ts';

/** How much each quality of a proposal counts; shown to the requestor and changeable. Only their ratios matter. */
export interface RankWeights {
  readonly price: number;
  readonly speed: number;
  readonly reliability: number;
  /** How long the machine has been on offer without a break, as it says. */
  readonly uptime: number;
  /** Round trip, throughput, direct or relayed. */
  readonly connection: number;
  /** Share of the job's inputs that it has already, as it says. */
  readonly cached: number;
}

/**
 * Price and reliability first; speed matters less, since verified work is paid, not time. What a machine only says of
 * itself, or what matters to few jobs, counts least.
 */
export const DEFAULT_RANK_WEIGHTS: RankWeights = {
  price: 3,
  speed: 2,
  reliability: 3,
  uptime: 1,
  connection: 1,
  cached: 1,
};

/** How the requestor reaches a peer, as it measured itself. */
export interface ConnectionQuality {
  readonly rttMs?: number;
  readonly bitsPerSecond?: number;
  /** Data goes through a third party. */
  readonly isRelayed: boolean;
}

/** A proposal with what the requestor knows besides. */
export interface RankedInput {
  readonly proposal: Pick<
    Proposal,
    'provider' | 'pricePerUnit' | 'microUnitsPerSecond' | 'slots' | 'since' | 'cachedBytes' | 'capabilities'
  >;
  /** Lower confidence bound of the provider's own record, 0 to 1 (reputation). */
  readonly reliability: number;
  /** What all of it was seen to do, in micro-units per second, where its claim is not believed (check-speed). */
  readonly seenMicroUnitsPerSecond?: number;
  /** Absent while nothing is known. */
  readonly connection?: ConnectionQuality;
}

/** A proposal with its score between 0 and 1, and the parts (each 0 to 1) that made it. */
export interface Ranked<T extends RankedInput> {
  readonly input: T;
  readonly score: number;
  readonly parts: RankWeights;
}

/** What of a job its proposals are ranked by. */
export interface RankedJob {
  readonly priceCeiling: bigint;
  /** Size of all its inputs. */
  readonly inputBytes: number;
  readonly nowMs: number;
}

/** At these a quality is worth half: an hour of uptime, a round trip across an ocean, a household's line. */
const HALF_UPTIME_MS = 3_600_000;
const HALF_RTT_MS = 150;
const HALF_BITS_PER_SECOND = 20_000_000;
/** What is not known counts as middling. */
const UNKNOWN = 0.5;
/** A relay may close, and shares its line between many. */
const RELAYED_FACTOR = 0.4;

/**
 * Proposals, best first; equal ones stay in their order.
 *
 * @example
 * const [best] = rankProposals(inputs, { priceCeiling, inputBytes, nowMs });
 */
export function rankProposals<T extends RankedInput>(
  inputs: readonly T[],
  job: RankedJob,
  weights: RankWeights = DEFAULT_RANK_WEIGHTS,
): Ranked<T>[] {
  const middleSpeed = medianOf(inputs.map(speedOf));
  const ranked = inputs.map((input): Ranked<T> => {
    const { proposal, reliability } = input;
    const parts: RankWeights = {
      price: priceScore(proposal.pricePerUnit, job.priceCeiling),
      // Against the middle, not the fastest: who claims a fantastic speed must not make all others look alike.
      speed: rising(speedOf(input), middleSpeed),
      reliability: share(reliability),
      uptime: proposal.since === undefined ? 0 : rising(job.nowMs - proposal.since, HALF_UPTIME_MS),
      connection: connectionScore(input),
      cached: job.inputBytes === 0 ? 1 : share(proposal.cachedBytes / job.inputBytes),
    };
    return { input, score: weigh(parts, weights), parts };
  });
  return ranked.sort((a, b) => b.score - a.score);
}

/** 1 for free work, 0 at the ceiling and above. */
export function priceScore(pricePerUnit: bigint, priceCeiling: bigint): number {
  if (priceCeiling === 0n || pricePerUnit >= priceCeiling) return 0;
  return 1 - Number((pricePerUnit * 1_000_000n) / priceCeiling) / 1e6;
}

/** Weighted mean of the parts; weights below zero or not finite count as none. */
function weigh(parts: RankWeights, weights: RankWeights): number {
  let sum = 0;
  let total = 0;
  for (const name of Object.keys(DEFAULT_RANK_WEIGHTS) as (keyof RankWeights)[]) {
    const weight = Number.isFinite(weights[name]) ? Math.max(0, weights[name]) : 0;
    sum += parts[name] * weight;
    total += weight;
  }
  return total === 0 ? 0 : sum / total;
}

function speedOf({ proposal, seenMicroUnitsPerSecond }: RankedInput): number {
  return seenMicroUnitsPerSecond ?? proposal.microUnitsPerSecond * proposal.slots;
}

function connectionScore({ connection, proposal }: RankedInput): number {
  const {
    rttMs,
    bitsPerSecond = proposal.capabilities?.downBitsPerSecond,
    isRelayed = false,
  } = connection ?? {};
  const quick = rttMs === undefined ? UNKNOWN : HALF_RTT_MS / (HALF_RTT_MS + Math.max(0, rttMs));
  const wide = bitsPerSecond === undefined ? UNKNOWN : rising(bitsPerSecond, HALF_BITS_PER_SECOND);
  return ((quick + wide) / 2) * (isRelayed ? RELAYED_FACTOR : 1);
}

/** From 0 over a half at `half` towards 1. */
function rising(value: number, half: number): number {
  return value <= 0 ? 0 : value / (value + half);
}

function share(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
