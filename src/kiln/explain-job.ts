import { type OfferReport, explainOffers } from '../market/match/explain-offers.ts';
import { nextCeiling } from '../market/price/follow-price.ts';
import type { Offer } from '../protocol/announce.ts';
import { MICRO_UNITS_PER_UNIT } from '../protocol/constants.ts';
import type { Manifest } from '../protocol/manifest.ts';
import type { PaymentTerms } from '../protocol/payment-terms.ts';
import { demandRequirements } from '../requestor/demand-requirements.ts';
import type { JobView, SubmitTerms } from '../requestor/view.ts';
import { expectedResults } from '../verification/policy/vote.ts';
import type { JobMatch } from './kiln.ts';

/** The market moves by the minute: prices follow at about this pace. */
const STEP_MS = 60_000;
/** More steps than these suggest nothing new: the price has doubled sixteen times over. */
const MAX_STEPS = 240;
/** Seats fill within seconds where they fill at all; after this the price is looked at. */
const PATIENCE_MS = 120_000;

/** Why offers match a manifest under these terms, or do not. Throws `requestor/bad-requirements`. */
export function explainTerms(
  manifest: Manifest,
  { priceCeiling, requirements, group }: Pick<SubmitTerms, 'priceCeiling' | 'requirements' | 'group'>,
  offers: readonly Offer[],
  payment: Pick<PaymentTerms, 'chainId' | 'pool'>,
): OfferReport {
  const wanted = {
    kind: manifest.program.kind,
    requirements: demandRequirements(manifest, requirements),
    policy: manifest.policy,
    priceCeiling,
    payment,
    isForGroup: group !== undefined,
  };
  return explainOffers(wanted, offers);
}

/** What to offer instead while a job's seats stay empty for so long; see {@link JobMatch}. */
export function suggestCeiling(
  job: Pick<JobView, 'manifest' | 'phases' | 'verified' | 'budget' | 'spent' | 'providers'>,
  { priceCeiling, microUnitsPerTask, seats }: SubmitTerms,
  emptyMs: number,
): Pick<JobMatch, 'suggestedCeiling'> {
  const { manifest, phases, verified, budget, spent, providers } = job;
  const filled = new Set(providers.filter(({ state }) => state === 'working').map(({ peer }) => peer)).size;
  if (filled > 0 || emptyMs < PATIENCE_MS || seats === 0) return {};
  const runs = Math.ceil(
    (phases.length - verified) * expectedResults(manifest.policy, manifest.comparator.class),
  );
  const work = BigInt(runs) * BigInt(microUnitsPerTask);
  // What is left of the budget pays this much for a unit, if it is to last to the end.
  const most = work === 0n ? priceCeiling : ((budget - spent) * MICRO_UNITS_PER_UNIT) / work;
  let ceiling = priceCeiling;
  const steps = Math.min(MAX_STEPS, Math.floor(emptyMs / STEP_MS));
  for (let step = 0; step < steps; step++)
    ceiling = nextCeiling(ceiling, { emptyShare: 1, elapsedMs: STEP_MS }, most);
  return ceiling > priceCeiling ? { suggestedCeiling: ceiling } : {};
}
