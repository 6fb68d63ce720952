import { parseGroupKey } from '../market/match/group-key.ts';
import type { Manifest } from '../protocol/manifest.ts';
import { demandRequirements } from './demand-requirements.ts';
import type { SubmitTerms } from './view.ts';

/**
 * Looks at the market's part of the terms before any money moves. Throws `requestor/bad-requirements` and
 * `market/bad-group-key`.
 */
export function checkTerms(manifest: Manifest, { requirements, group }: SubmitTerms): void {
  demandRequirements(manifest, requirements);
  if (group !== undefined) parseGroupKey(group);
}
