import * as v from 'valibot';
import { equalBytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import { KilnError } from '../base/errors.ts';
import { decode } from '../protocol/codec.ts';
import { MAX_WORK_FRAME_BYTES } from '../protocol/constants.ts';
import { envelopeSchema, open } from '../protocol/envelope.ts';
import type { PeerId } from '../protocol/identity.ts';
import { cidSchema, digestSchema, peerIdSchema, taskIndexSchema } from '../protocol/primitives.ts';
import { commitment } from '../protocol/task.ts';
import { commitSchema } from '../protocol/work.ts';

/** A signed commit with what opens it: the provider's statement of one result digest. */
const statementSchema = v.strictObject({
  commit: envelopeSchema,
  nonce: v.pipe(v.instance(Uint8Array), v.length(16)),
  digest: digestSchema,
});

/**
 * Two statements of one provider over different digests for one task of a job whose results are exact: a file that
 * anyone can check without computing anything (design: verification, evidence).
 */
export const fraudProofSchema = v.strictObject({
  version: v.literal(1),
  job: cidSchema,
  task: taskIndexSchema,
  provider: peerIdSchema,
  statements: v.tuple([statementSchema, statementSchema]),
});
export type FraudProof = v.InferOutput<typeof fraudProofSchema>;

/**
 * Checks untrusted bytes as a fraud proof and returns it. Throws what {@link decode} and {@link open} throw, and
 * `fraud/not-proven` when the statements are not the provider's, not about this task, or do not differ. Whether the
 * job's comparator is exact is for the reader to check in the job's manifest.
 */
export async function checkFraudProof(bytes: Uint8Array): Promise<FraudProof> {
  const proof = decode(fraudProofSchema, bytes, 2 * MAX_WORK_FRAME_BYTES);
  const [a, b] = proof.statements;
  for (const statement of [a, b]) await assertStated(proof, statement);
  if (equalBytes(a.digest, b.digest)) throw notProven('Both statements say the same.');
  return proof;
}

async function assertStated(
  { job, task, provider }: { readonly job: Cid; readonly task: number; readonly provider: PeerId },
  { commit, nonce, digest }: FraudProof['statements'][number],
): Promise<void> {
  const { message, signer } = await open(commit, 'kiln/commit/1', commitSchema, MAX_WORK_FRAME_BYTES);
  if (signer !== provider) throw notProven('A statement is signed by somebody else.');
  const expected = await commitment(job, task, provider, nonce, digest);
  const isStated = message.entries.some(
    (entry) => entry.task === task && equalBytes(entry.commitment, expected),
  );
  if (!isStated) throw notProven('A statement is not about this task and digest.');
}

function notProven(message: string): KilnError {
  return new KilnError('fraud/not-proven', message, { hint: 'Do not hold it against the provider.' });
}
