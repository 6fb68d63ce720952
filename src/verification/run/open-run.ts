import { equalBytes } from '../../base/bytes.ts';
import { toKilnError } from '../../base/errors.ts';
import { encode } from '../../protocol/codec.ts';
import { MAX_NEGOTIATE_FRAME_BYTES, MAX_WORK_FRAME_BYTES } from '../../protocol/constants.ts';
import { open } from '../../protocol/envelope.ts';
import { peerIdOfPublicKey } from '../../protocol/identity.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { type Agreement, agreementSchema } from '../../protocol/negotiate.ts';
import type { RunFinding, RunRecord } from '../../protocol/run-record.ts';
import { type Commit, commitSchema } from '../../protocol/work.ts';

/** What of a record is signed by others, opened and by name. */
export interface OpenedRun {
  readonly record: RunRecord;
  readonly manifest: Manifest;
  readonly agreements: ReadonlyMap<string, Agreement>;
  /** The agreement that each one began as, by their names. */
  readonly roots: ReadonlyMap<string, string>;
  /** Signed by the provider of their agreement; `commitments` are by task. */
  readonly commits: ReadonlyMap<string, OpenedCommit>;
}

/** A provider's signed word about the tasks of a lease. */
export interface OpenedCommit extends Pick<Commit, 'agreement' | 'lease'> {
  readonly commitments: ReadonlyMap<number, Uint8Array>;
}

/** Opens the agreements and commitments of a record; what does not hold becomes a finding and is left out. */
export async function openRun(
  record: RunRecord,
  manifest: Manifest,
): Promise<{ readonly run: OpenedRun; readonly findings: RunFinding[] }> {
  const findings: RunFinding[] = [];
  const agreements = new Map<string, Agreement>();
  const roots = new Map<string, string>();
  for (const [i, pair] of record.agreements.entries()) {
    const opened = await openAgreement(record, manifest, i, pair, agreements);
    if ('rule' in opened) findings.push(opened);
    else {
      const { digest, agreement } = opened;
      agreements.set(digest, agreement);
      // What it renews stands before it, or it would not be sound.
      roots.set(digest, agreement.renews === undefined ? digest : roots.get(agreement.renews)!);
    }
  }
  const commits = new Map<string, OpenedCommit>();
  for (const [id, envelope] of Object.entries(record.commits)) {
    const opened = await openCommit(id, envelope, agreements);
    if ('rule' in opened) findings.push(opened);
    else commits.set(id, opened);
  }
  return { run: { record, manifest, agreements, roots, commits }, findings };
}

async function openAgreement(
  record: RunRecord,
  manifest: Manifest,
  index: number,
  pair: RunRecord['agreements'][number],
  earlier: ReadonlyMap<string, Agreement>,
): Promise<{ digest: string; agreement: Agreement } | RunFinding> {
  const peer = peerIdOfPublicKey(pair.provider.publicKey);
  const wrong = (rule: string, message: string): RunFinding => ({
    rule,
    message: `Agreement ${index + 1}: ${message}`,
    peer,
  });
  try {
    const [ours, theirs] = await Promise.all(
      [pair.requestor, pair.provider].map((envelope) =>
        open(envelope, 'kiln/agreement/1', agreementSchema, MAX_NEGOTIATE_FRAME_BYTES),
      ),
    );
    const { message: agreement, digest } = ours!;
    if (digest !== theirs!.digest) return wrong('agreement-differs', 'the two sides signed different terms.');
    if (ours!.signer !== agreement.requestor || theirs!.signer !== agreement.provider)
      return wrong('agreement-signer', 'it is not signed by the peers that it names.');
    if (earlier.has(digest)) return wrong('agreement-twice', 'it stands there twice.');
    const term = wrongTerm(agreement, record, manifest);
    if (term !== undefined) return wrong('agreement-terms', term);
    if (agreement.renews !== undefined && !isRenewal(agreement, earlier.get(agreement.renews)))
      return wrong('agreement-renewal', 'what it renews is not there, or had other terms.');
    return { digest, agreement };
  } catch (error) {
    return wrong('agreement-signature', toKilnError(error).message);
  }
}

function wrongTerm(agreement: Agreement, record: RunRecord, manifest: Manifest): string | undefined {
  if (agreement.requestor !== record.requestor) return 'it names another requestor.';
  if (agreement.job !== record.job) return 'it is about another job.';
  if (!isSame(agreement.payment, record.payment)) return 'it is paid by another session key.';
  if (agreement.kind !== manifest.program.kind) return 'it is about another kind of job.';
  if (!isSame(agreement.policy, manifest.policy)) return "its check policy is not the job's.";
  if (!isSame(agreement.comparator, manifest.comparator)) return "its comparator is not the job's.";
  if (agreement.microUnitsPerTask !== record.terms.microUnitsPerTask)
    return 'it states another amount of work for a task.';
  if (agreement.pricePerUnit > record.terms.priceCeiling) return 'its price is above the ceiling of the job.';
  return undefined;
}

function isRenewal(agreement: Agreement, before: Agreement | undefined): boolean {
  if (before === undefined) return false;
  const terms = ({ renews: _, issuedAt: __, expiresAt: ___, nonce: ____, ...rest }: Agreement) => rest;
  return isSame(terms(agreement), terms(before));
}

async function openCommit(
  id: string,
  envelope: RunRecord['commits'][string],
  agreements: ReadonlyMap<string, Agreement>,
): Promise<OpenedCommit | RunFinding> {
  const peer = peerIdOfPublicKey(envelope.publicKey);
  const wrong = (rule: string, message: string): RunFinding => ({
    rule,
    message: `Commitment ${id}: ${message}`,
    peer,
  });
  try {
    const { message, signer } = await open(envelope, 'kiln/commit/1', commitSchema, MAX_WORK_FRAME_BYTES);
    const agreement = agreements.get(message.agreement);
    if (agreement === undefined)
      return wrong('commit-agreement', 'it belongs to no agreement of this record.');
    if (signer !== agreement.provider) return wrong('commit-signer', 'somebody else signed it.');
    const commitments = new Map<number, Uint8Array>();
    for (const { task, commitment } of message.entries)
      if (!commitments.has(task)) commitments.set(task, commitment);
    return { agreement: message.agreement, lease: message.lease, commitments };
  } catch (error) {
    return wrong('commit-signature', toKilnError(error).message);
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return equalBytes(encode(a), encode(b));
}
