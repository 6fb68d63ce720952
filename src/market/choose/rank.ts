import type { Proposal } from '../../protocol/negotiate.ts';

/** How much each quality of a proposal counts; shown to the requestor and changeable. Only their ratios matter. */
export interface RankWeights {
  readonly price: number;
  readonly speed: number;
  readonly reliability: number;
  readonly cached: number;
}

/** Price and reliability first; speed matters less, since verified work is paid, not time. */
export const DEFAULT_RANK_WEIGHTS: RankWeights = { price: 3, speed: 2, reliability: 3, cached: 1 };

/** A proposal with what the requestor knows besides. */
export interface RankedInput {
  readonly proposal: Proposal;
  /** Lower confidence bound of the provider's own record, 0 to 1 (reputation). */
  readonly reliability: number;
}

/** A proposal with its score between 0 and 1, and the parts (each 0 to 1) that made it. */
export interface Ranked<T extends RankedInput> {
  readonly input: T;
  readonly score: number;
  readonly parts: RankWeights;
}

/**
 * Proposals, best first; equal ones stay in their order. `inputBytes` is the size of the job's inputs.
 *
 * @example
 * const [best] = rankProposals(inputs, { priceCeiling, inputBytes });
 */
export function rankProposals<T extends RankedInput>(
  inputs: readonly T[],
  job: { readonly priceCeiling: bigint; readonly inputBytes: number },
  weights: RankWeights = DEFAULT_RANK_WEIGHTS,
): Ranked<T>[] {
  const fastest = Math.max(1, ...inputs.map(({ proposal }) => proposal.microUnitsPerSecond * proposal.slots));
  const total = weights.price + weights.speed + weights.reliability + weights.cached;
  const ranked = inputs.map((input): Ranked<T> => {
    const { proposal, reliability } = input;
    const parts: RankWeights = {
      price: priceScore(proposal.pricePerUnit, job.priceCeiling),
      speed: (proposal.microUnitsPerSecond * proposal.slots) / fastest,
      reliability,
      cached: job.inputBytes === 0 ? 1 : Math.min(1, proposal.cachedBytes / job.inputBytes),
    };
    const sum =
      parts.price * weights.price +
      parts.speed * weights.speed +
      parts.reliability * weights.reliability +
      parts.cached * weights.cached;
    return { input, score: total === 0 ? 0 : sum / total, parts };
  });
  return ranked.sort((a, b) => b.score - a.score);
}

/** 1 for free work, 0 at the ceiling and above. */
export function priceScore(pricePerUnit: bigint, priceCeiling: bigint): number {
  if (priceCeiling === 0n || pricePerUnit >= priceCeiling) return 0;
  return 1 - Number((pricePerUnit * 1_000_000n) / priceCeiling) / 1e6;
}
