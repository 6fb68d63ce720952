import type { Manifest } from '../../protocol/manifest.ts';
import type { Proposal } from '../../protocol/negotiate.ts';
import { ADAPTIVE_TRIAL_RESULTS } from '../../verification/policy/vote.ts';
import type { JobParts } from '../job-parts.ts';
import type { RequestorAgreementRecord } from '../records.ts';

/** An agreement that is sealed now, with what its proposal said and what is known of its provider. */
export function describeAgreement(
  { reputation, record }: Pick<JobParts, 'reputation' | 'record'>,
  sealed: RequestorAgreementRecord,
  proposal: Proposal,
): RequestorAgreementRecord {
  const numericClass = usesGpu(record.manifest) ? proposal.capabilities?.gpu?.numericClass : undefined;
  const passed = reputation.consecutiveValid(proposal.provider, numericClass);
  return {
    ...sealed,
    claimed: proposal.microUnitsPerSecond,
    ...(numericClass === undefined ? {} : { numericClass }),
    passedBefore: Math.min(passed, ADAPTIVE_TRIAL_RESULTS),
  };
}

/** Do the results of this job depend on how a GPU rounds? */
function usesGpu({ program }: Manifest): boolean {
  return program.kind === 'wgsl' || (program.kind === 'onnx' && program.backend === 'webgpu');
}
