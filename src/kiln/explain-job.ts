import { type OfferReport, explainOffers } from '../market/match/explain-offers.ts';
import { nextCeiling } from '../market/price/follow-price.ts';
import type { Offer } from '../protocol/announce.ts';
import type { Manifest } from '../protocol/manifest.ts';
import type { PaymentTerms } from '../protocol/payment-terms.ts';
import { type BudgetView, highestCeiling } from '../requestor/submit/check-terms.ts';
import { demandRequirements } from '../requestor/submit/demand-requirements.ts';
import type { JobProviderView, JobView, SubmitTerms } from '../requestor/view.ts';
import type { JobMatch } from './kiln.ts';

/** The market moves by the minute: prices follow at about this pace. */
const STEP_MS = 60_000;
/** More steps than these suggest nothing new: the price has doubled sixteen times over. */
const MAX_STEPS = 240;
/** Seats fill within seconds where they fill at all; after this the price is looked at. */
const PATIENCE_MS = 120_000;

/**
 * Why offers match a manifest under these terms, or do not. `known` are the providers that the job has met: those at
 * work, whose slots it takes itself, and those that it will not take again, are left out. Throws
 * `requestor/bad-requirements`.
 */
export function explainTerms(
  manifest: Manifest,
  { priceCeiling, requirements, group }: Pick<SubmitTerms, 'priceCeiling' | 'requirements' | 'group'>,
  offers: readonly Offer[],
  payment: Pick<PaymentTerms, 'chainId' | 'pool'>,
  known: readonly Pick<JobProviderView, 'peer' | 'state'>[] = [],
): OfferReport {
  const inState = (...states: readonly JobProviderView['state'][]) =>
    new Set(known.filter(({ state }) => states.includes(state)).map(({ peer }) => peer));
  // Whoever's connection is broken keeps its slots for the job.
  const met = inState('working', 'broken', 'banned', 'set-aside');
  const wanted = {
    kind: manifest.program.kind,
    requirements: demandRequirements(manifest, requirements),
    policy: manifest.policy,
    priceCeiling,
    payment,
    isForGroup: group !== undefined,
    isForMore: met.size > 0,
    atWork: inState('working', 'broken').size,
  };
  return explainOffers(
    wanted,
    offers.filter(({ provider }) => !met.has(provider)),
  );
}

/** What to offer instead while a job's seats stay empty for so long; see {@link JobMatch}. */
export function suggestCeiling(
  job: BudgetView & Pick<JobView, 'providers'>,
  { priceCeiling, microUnitsPerTask, seats }: SubmitTerms,
  emptyMs: number,
): Pick<JobMatch, 'suggestedCeiling' | 'highestCeiling'> {
  const most = highestCeiling(job, microUnitsPerTask) ?? priceCeiling;
  const working = job.providers.filter(({ state }) => state === 'working');
  if (working.length > 0 || emptyMs < PATIENCE_MS || seats === 0) return { highestCeiling: most };
  let ceiling = priceCeiling;
  const steps = Math.min(MAX_STEPS, Math.floor(emptyMs / STEP_MS));
  for (let step = 0; step < steps; step++)
    ceiling = nextCeiling(ceiling, { emptyShare: 1, elapsedMs: STEP_MS }, most);
  return { highestCeiling: most, ...(ceiling > priceCeiling ? { suggestedCeiling: ceiling } : {}) };
}
