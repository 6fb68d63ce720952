import * as v from 'valibot';
import { digestSchema } from './primitives.ts';

/**
 * Shows that a peer knows the shared key of a private group, without telling the key (market/group): `id` names the
 * group, `proof` is bound to the peer, the job and the moment, so that nobody can use it in another's place.
 */
export const groupProofSchema = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'is no name of a group')),
  proof: digestSchema,
});
export type GroupProof = v.InferOutput<typeof groupProofSchema>;
