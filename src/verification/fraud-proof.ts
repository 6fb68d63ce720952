import { equalBytes } from '../base/bytes.ts';
import { KilnError } from '../base/errors.ts';
import {
  MAX_FRAUD_PROOF_BYTES,
  MAX_NEGOTIATE_FRAME_BYTES,
  MAX_WORK_FRAME_BYTES,
} from '../protocol/constants.ts';
import { encode } from '../protocol/codec.ts';
import { decodeEnvelope, type Envelope, open } from '../protocol/envelope.ts';
import { type FraudProof, fraudProofSchema, type Statement } from '../protocol/fraud.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { Manifest } from '../protocol/manifest.ts';
import { type Agreement, agreementSchema } from '../protocol/negotiate.ts';
import type { Address, JobKind } from '../protocol/primitives.ts';
import { commitment, type Result, resultDigest } from '../protocol/task.ts';
import { commitSchema } from '../protocol/work.ts';

/** A fraud proof whose signatures and statements are in order. Whether it is true is another question for `refuted`. */
export interface SoundProof {
  readonly proof: FraudProof;
  /** Who signed it: false accusations are held against this peer. */
  readonly accuser: PeerId;
  /** Names this very accusation; hex. */
  readonly digest: string;
  readonly envelope: Envelope;
  /** Who may still have the job's blobs beside the accuser. */
  readonly requestor: PeerId;
  /** The accused's, as it signed it itself. */
  readonly payee: Address;
  readonly kind: JobKind;
}

/**
 * Checks the bytes of a fraud proof: form, signatures, that the statements are the accused's own and about this task,
 * and, for `equivocation`, that they differ in exit or outputs. Nothing is computed or fetched. Throws what {@link decodeEnvelope} and
 * {@link open} throw, and `fraud/not-proven`.
 */
export async function openFraudProof(bytes: Uint8Array): Promise<SoundProof> {
  const envelope = decodeEnvelope(bytes, MAX_FRAUD_PROOF_BYTES);
  const opened = await open(envelope, 'kiln/fraud/1', fraudProofSchema, MAX_FRAUD_PROOF_BYTES);
  const proof = opened.message;
  const agreements: Agreement[] = [];
  for (const statement of proof.statements) agreements.push(await agreementOf(proof, statement));
  const [a, b] = proof.statements;
  if (b !== undefined && isSameOutcome(a.result, b.result)) throw notProven('Both statements say the same.');
  const [{ requestor, payee, kind }] = agreements as [Agreement];
  return {
    proof,
    accuser: opened.signer,
    digest: opened.digest,
    envelope,
    requestor,
    payee: payee as Address,
    kind,
  };
}

/**
 * Is a proof beyond doubt without the job's manifest? Two results for one task of a WASI program that was agreed to be
 * compared exactly: such programs run the same everywhere. How much memory the job may use need not be known for that: a
 * device that has less ends the run by name, which no statement may say (see {@link isSameEverywhere}).
 */
export function isProvenAtOnce({ proof, kind }: SoundProof): boolean {
  return proof.kind === 'equivocation' && kind === 'wasi';
}

/**
 * Does every honest device compute the same bytes for this job? Only then can a result be held against anybody. Shaders
 * never qualify: even with integers only, what invocations do side by side may race. How much memory a job wants is no
 * matter: where a device has too little, or too small a stack, the run ends as `out-of-memory` or `stack`, which no
 * proof may state ({@link isFinished}). The program is never told, so it cannot go another way and say something else.
 */
export function isSameEverywhere({ program, comparator }: Manifest): boolean {
  if (comparator.class !== 'exact') return false;
  return program.kind === 'wasi' || (program.kind === 'onnx' && program.backend === 'wasm');
}

/** Did the program come to its end? How a run is stopped, by fuel or memory, may change from release to release. */
export function isFinished({ exit }: Pick<Result, 'exit'>): boolean {
  return exit.kind === 'ok' || exit.kind === 'exit-code';
}

/**
 * Do two results say the same of the outputs? The fuel that was used and the digests of steps are left out: an honest
 * device may run another release of the sandbox, which counts them otherwise.
 */
export function isSameOutcome(a: Result, b: Result): boolean {
  const said = ({ exit, outputs }: Result) => encode({ exit, outputs });
  return equalBytes(said(a), said(b));
}

async function agreementOf(
  { job, task, provider }: FraudProof,
  { agreement, commit, nonce, result }: Statement,
): Promise<Agreement> {
  if (!isFinished(result)) throw notProven('A run that did not come to its end proves nothing.');
  const stated = await open(commit, 'kiln/commit/1', commitSchema, MAX_WORK_FRAME_BYTES);
  const agreed = await open(agreement, 'kiln/agreement/1', agreementSchema, MAX_NEGOTIATE_FRAME_BYTES);
  if (stated.signer !== provider || agreed.signer !== provider) {
    throw notProven('A statement is signed by somebody else.');
  }
  if (stated.message.agreement !== agreed.digest) {
    throw notProven('A statement was made under another agreement.');
  }
  const terms = agreed.message;
  if (terms.job !== job || terms.provider !== provider) {
    throw notProven('A statement is about another job.');
  }
  if (terms.comparator.class !== 'exact' || terms.kind === 'wgsl') {
    throw notProven('Honest results of this job may differ.');
  }
  const expected = await commitment(job, task, provider, nonce, await resultDigest(result));
  const isStated = stated.message.entries.some(
    (entry) => entry.task === task && equalBytes(entry.commitment, expected),
  );
  if (!isStated) throw notProven('A statement is not about this task and result.');
  return terms;
}

function notProven(message: string): KilnError {
  return new KilnError('fraud/not-proven', message, { hint: 'Do not hold it against the provider.' });
}
