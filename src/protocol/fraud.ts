import * as v from 'valibot';
import { envelopeSchema } from './envelope.ts';
import { cidSchema, digestSchema, peerIdSchema, taskIndexSchema } from './primitives.ts';

/** Gossip topic of fraud proofs. */
export const FRAUD_TOPIC = 'kiln/1/fraud';

/** A provider's signed word for one result digest: its commit with what opens it, and the agreement it was given under. */
export const statementSchema = v.strictObject({
  /** The agreement as the provider signed it (domain `kiln/agreement/1`): job, comparator, payee. */
  agreement: envelopeSchema,
  /** Domain `kiln/commit/1`. */
  commit: envelopeSchema,
  nonce: v.pipe(v.instance(Uint8Array), v.length(16)),
  digest: digestSchema,
});
export type Statement = v.InferOutput<typeof statementSchema>;

const accusedEntries = {
  version: v.literal(1),
  job: cidSchema,
  task: taskIndexSchema,
  provider: peerIdSchema,
};

/**
 * A file that shows a provider's lie to anyone, signed by its accuser in the domain `kiln/fraud/1` (design:
 * verification, evidence). `equivocation`: two digests for one task of a job whose results are the same everywhere.
 * `refuted`: one digest that whoever recomputes the task finds wrong.
 */
export const fraudProofSchema = v.variant('kind', [
  v.strictObject({
    ...accusedEntries,
    kind: v.literal('equivocation'),
    statements: v.strictTuple([statementSchema, statementSchema]),
  }),
  v.strictObject({
    ...accusedEntries,
    kind: v.literal('refuted'),
    statements: v.strictTuple([statementSchema]),
  }),
]);
export type FraudProof = v.InferOutput<typeof fraudProofSchema>;
