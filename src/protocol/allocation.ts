import * as v from 'valibot';
import { amountSchema } from './codec.ts';
import { MAX_PROOF_LEVELS } from './constants.ts';
import { countSchema, digestSchema } from './primitives.ts';

const proofEntries = {
  root: digestSchema,
  limit: amountSchema,
  siblings: v.pipe(
    v.array(v.strictObject({ hash: digestSchema, sum: amountSchema, isLeft: v.boolean() })),
    v.maxLength(MAX_PROOF_LEVELS),
  ),
};

/** Shows that a payee has a limit in an allocation: a way up a Merkle sum tree. */
export const allocationProofSchema = v.strictObject(proofEntries);
export type AllocationProof = v.InferOutput<typeof allocationProofSchema>;

/** A requestor tells a provider of the collateral that it has set aside for it on the chain. */
export const coveredSchema = v.strictObject({
  type: v.literal('covered'),
  ...proofEntries,
  /** Sum of the tree, as the chain has it. */
  total: amountSchema,
  /** Last second at which it can be drawn, Unix time: a uint40 in the contract. */
  until: v.pipe(countSchema, v.maxValue(2 ** 40 - 1)),
});
