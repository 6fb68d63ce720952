import { toHex } from '../base/bytes.ts';
import { chunkCidOfDigest, sha256 } from '../base/cid.ts';
import { encode } from '../protocol/codec.ts';
import { encodeEnvelope, seal } from '../protocol/envelope.ts';
import type { FraudProof, Statement } from '../protocol/fraud.ts';
import type { Identity } from '../protocol/identity.ts';
import { AGREEMENT, identityOf, SOME_CID } from '../protocol/messages.fixture.ts';
import type { Agreement } from '../protocol/negotiate.ts';
import { commitment, type Result, resultDigest } from '../protocol/task.ts';
import type { Commit } from '../protocol/work.ts';

/** Who lies in these tests, and who says so. */
export const CHEAT = identityOf(11);
export const ACCUSER = identityOf(12);

/** A result with one output of 32 bytes: another number, another lie. */
export function resultSaying(fill: number): Result {
  const cid = chunkCidOfDigest(new Uint8Array(32).fill(fill));
  return { exit: { kind: 'ok' }, outputs: [{ path: 'out', cid, bytes: 32 }], fuelUsed: 5 };
}

/** What may be wrong with a statement. */
export interface StatementChange {
  readonly result: Result;
  readonly job?: string;
  readonly task?: number;
  readonly signer?: Identity;
  readonly agreement?: Partial<Agreement>;
}

/** The cheat's signed word for a result of task 3, with what the test changes. */
export async function statementOf(change: StatementChange): Promise<Statement> {
  const { result, job = SOME_CID, task = 3, signer = CHEAT } = change;
  const agreement: Agreement = {
    ...AGREEMENT,
    job,
    provider: CHEAT.peer,
    comparator: { class: 'exact' },
    ...change.agreement,
  };
  const nonce = new Uint8Array(16).fill(9);
  const commit: Commit = {
    agreement: toHex(await sha256(encode(agreement))),
    lease: 'l1',
    entries: [
      { task, commitment: await commitment(job, task, CHEAT.peer, nonce, await resultDigest(result)) },
    ],
  };
  return {
    agreement: seal(signer, 'kiln/agreement/1', agreement),
    commit: seal(signer, 'kiln/commit/1', commit),
    nonce,
    result,
  };
}

/** The bytes of a proof, signed by the accuser. */
export function proofBytes(proof: FraudProof, accuser = ACCUSER): Uint8Array {
  return encodeEnvelope(seal(accuser, 'kiln/fraud/1', proof));
}

/** A proof about task 3 of these statements: one refutes, two equivocate. */
export function proofOf(statements: readonly Statement[], job = SOME_CID): FraudProof {
  const accused = { version: 1 as const, job, task: 3, provider: CHEAT.peer };
  const [a, b] = statements as [Statement, Statement?];
  if (b === undefined) return { ...accused, kind: 'refuted', statements: [a] };
  return { ...accused, kind: 'equivocation', statements: [a, b] };
}
