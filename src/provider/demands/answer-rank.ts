import { priceScore } from '../../market/choose/rank.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { ProviderRules } from '../view.ts';

/** What a requestor whose payer never paid here counts, against 1 for one that did: newcomers do get answers. */
const UNKNOWN_PAYER_SCORE = 0.5;
/** The best rank of a requestor that is not preferred. */
const BEST_OTHERS_RANK = 0.95;

/**
 * How eagerly a demand that fits is answered, 0 to 1: requestors that the rules prefer come first of all, then those whose
 * payer paid here before and whose ceiling leaves the asked price a good chance. Pure.
 */
export function answerRank(
  demand: Pick<Demand, 'requestor' | 'priceCeiling'>,
  rules: Pick<ProviderRules, 'preferredRequestors'>,
  asked: bigint,
  hasPaid: boolean,
): number {
  if (rules.preferredRequestors?.includes(demand.requestor) === true) return 1;
  const chance = priceScore(asked, demand.priceCeiling);
  return (BEST_OTHERS_RANK * ((hasPaid ? 1 : UNKNOWN_PAYER_SCORE) + chance)) / 2;
}
