import { KilnError } from '../../base/errors.ts';
import { parseGroupKey } from '../../market/match/group-key.ts';
import { MICRO_UNITS_PER_UNIT } from '../../protocol/constants.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { expectedResults } from '../../verification/policy/vote.ts';
import { demandRequirements } from './demand-requirements.ts';
import type { JobView, SubmitTerms } from '../view.ts';

/**
 * Looks at the market's part of the terms before any money moves. Throws `requestor/bad-requirements` and
 * `market/bad-group-key`.
 */
export function checkTerms(manifest: Manifest, { requirements, group }: SubmitTerms): void {
  demandRequirements(manifest, requirements);
  if (group !== undefined) parseGroupKey(group);
}

/** What of a running job says how far its budget reaches. */
export type BudgetView = Pick<JobView, 'manifest' | 'phases' | 'verified' | 'budget' | 'spent'>;

/**
 * The highest price per unit of work that what is left of a job's budget pays for all results that it still expects, in
 * the token's smallest unit; undefined when it expects none.
 */
export function highestCeiling(
  { manifest, phases, verified, budget, spent }: BudgetView,
  microUnitsPerTask: number,
): bigint | undefined {
  const results = (phases.length - verified) * expectedResults(manifest.policy, manifest.comparator.class);
  const work = BigInt(Math.ceil(results)) * BigInt(microUnitsPerTask);
  return work === 0n ? undefined : ((budget - spent) * MICRO_UNITS_PER_UNIT) / work;
}

/**
 * May a running job offer this much from now on? Throws `requestor/ceiling-not-higher`: who answered the demand relies on
 * it; `requestor/ceiling-beyond-budget`: the job would stop half way.
 */
export function checkCeiling(
  job: BudgetView,
  { priceCeiling, microUnitsPerTask }: Pick<SubmitTerms, 'priceCeiling' | 'microUnitsPerTask'>,
  raised: bigint,
): void {
  if (raised <= priceCeiling) {
    throw new KilnError('requestor/ceiling-not-higher', 'This price is not above what the job offers now.', {
      data: { priceCeiling: priceCeiling.toString(), raised: raised.toString() },
      hint: 'While a job runs, its highest price can only be raised. To pay less, cancel it and submit it again.',
    });
  }
  const most = highestCeiling(job, microUnitsPerTask);
  if (most !== undefined && raised <= most) return;
  throw new KilnError(
    'requestor/ceiling-beyond-budget',
    'At this price the budget would not last to the end of the job.',
    {
      data: { raised: raised.toString(), most: (most ?? 0n).toString() },
      hint: 'Raise it less, or cancel the job and submit it again with a larger budget.',
    },
  );
}
