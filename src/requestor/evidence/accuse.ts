import { ownBytes } from '../../base/bytes.ts';
import type { Cid } from '../../base/cid.ts';
import { type Envelope, seal } from '../../protocol/envelope.ts';
import type { FraudProof, Statement } from '../../protocol/fraud.ts';
import type { Identity } from '../../protocol/identity.ts';
import { isSameOutcome } from '../../verification/fraud-proof.ts';
import type { Caught } from '../results/task-events.ts';

/**
 * The proof of what a provider was caught at, signed by this device. Undefined where nothing it signed shows it: it never
 * opened its commitment, or was caught elsewhere. (That a reveal does not fit its commitment convinces nobody else: the
 * reveal is not signed.)
 */
export function refutation(
  identity: Identity,
  job: Cid,
  { peer, task, evidence }: Caught,
  agreement: Envelope,
): Envelope | undefined {
  if (evidence === undefined || task === undefined || evidence.accepted === evidence.claimed)
    return undefined;
  const { commit, nonce, result } = evidence;
  const statement: Statement = { agreement, commit, nonce: ownBytes(nonce), result };
  const proof: FraudProof = {
    version: 1,
    kind: 'refuted',
    job,
    task,
    provider: peer,
    statements: [statement],
  };
  return seal(identity, 'kiln/fraud/1', proof);
}

/**
 * The stronger proof that two claims about one task make together when they name different results: that needs no run to
 * be believed. Undefined when they do not.
 */
export function equivocation(identity: Identity, a: FraudProof, b: FraudProof): Envelope | undefined {
  const isOneTask = a.job === b.job && a.task === b.task && a.provider === b.provider;
  const [first, second] = [a.statements[0], b.statements[0]];
  if (!isOneTask || isSameOutcome(first.result, second.result)) return undefined;
  const { job, task, provider } = a;
  const proof: FraudProof = {
    version: 1,
    kind: 'equivocation',
    job,
    task,
    provider,
    statements: [first, second],
  };
  return seal(identity, 'kiln/fraud/1', proof);
}
