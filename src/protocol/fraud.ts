import * as v from 'valibot';
import { envelopeSchema } from './envelope.ts';
import { cidSchema, peerIdSchema, taskIndexSchema } from './primitives.ts';
import { resultSchema } from './task.ts';

/** Gossip topic of fraud proofs. */
export const FRAUD_TOPIC = 'kiln/1/fraud';

/** A provider's signed word for one result: its commit with what opens it, and the agreement it was given under. */
export const statementSchema = v.strictObject({
  /** The agreement as the provider signed it (domain `kiln/agreement/1`): job, comparator, payee. */
  agreement: envelopeSchema,
  /** Domain `kiln/commit/1`. */
  commit: envelopeSchema,
  nonce: v.pipe(v.instance(Uint8Array), v.length(16)),
  /** What the commitment is to. */
  result: resultSchema,
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
 * verification, evidence). `equivocation`: two results for one task of a job whose results are the same everywhere.
 * `refuted`: one result that whoever recomputes the task finds wrong.
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
