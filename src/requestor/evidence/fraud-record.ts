import type { Cid } from '../../base/cid.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { Address, JobKind } from '../../protocol/primitives.ts';
import type { SoundProof } from '../../verification/fraud-proof.ts';
import { MAX_FRAUD_RECORDS, MAX_PER_ACCUSED, MAX_PER_ACCUSER } from './constants.ts';

/**
 * What became of an accusation: `claimed` is not checked and counts for nothing, `proven` counts against the accused,
 * `false` against the accuser.
 */
export type FraudState = 'claimed' | 'proven' | 'false';

/** An accusation as it is kept and shown. */
export interface FraudRecord {
  /** Names the very accusation. */
  readonly digest: string;
  readonly provider: PeerId;
  /** Whom it asked to be paid: for the eye only, since nobody proves that an account is its own. */
  readonly payee: Address;
  readonly accuser: PeerId;
  readonly job: Cid;
  readonly task: number;
  readonly kind: 'equivocation' | 'refuted';
  readonly jobKind: JobKind;
  readonly state: FraudState;
  /** The proof itself: a file for whoever wants to check it. */
  readonly envelope: Envelope;
  readonly receivedAtMs: number;
  /** This device caught the accused itself. */
  readonly isOwn: boolean;
}

/** Key of an accusation: all of one accused are read by prefix. */
export function fraudKey({ provider, digest }: Pick<FraudRecord, 'provider' | 'digest'>): string {
  return `${provider}/${digest}`;
}

/** The record of a proof that has just come. */
export function fraudRecord(
  { proof, payee, accuser, digest, envelope, kind: jobKind }: SoundProof,
  state: FraudState,
  receivedAtMs: number,
  isOwn: boolean,
): FraudRecord {
  const { provider, job, task, kind } = proof;
  return {
    digest,
    provider,
    payee,
    accuser,
    job,
    task,
    kind,
    jobKind,
    state,
    envelope,
    receivedAtMs,
    isOwn,
  };
}

/**
 * Which records have to go to make room for one more, or undefined when that one is not worth it: nothing more is needed
 * of somebody who is convicted, and neither one accuser nor a crowd of them pushes out what is known of own dealings.
 */
export function makeRoom(
  records: readonly FraudRecord[],
  fresh: FraudRecord,
  isKnown: (peer: PeerId) => boolean,
): FraudRecord[] | undefined {
  // What was found false says something of its accuser alone: kept while there is room, it shields nobody.
  const worth = ({ isOwn, provider, state }: FraudRecord) =>
    state === 'false' ? 1 : (isOwn ? 8 : 0) + (isKnown(provider) ? 4 : 0) + (state === 'proven' ? 2 : 0);
  const ofAccused = records.filter(({ provider, state }) => provider === fresh.provider && state !== 'false');
  const ofAccuser = records.filter(({ accuser }) => accuser === fresh.accuser);
  const isConvicted = ofAccused.some(({ state }) => state === 'proven');
  if (isConvicted && !fresh.isOwn) return undefined;
  const crowd =
    records.length >= MAX_FRAUD_RECORDS
      ? records
      : ofAccused.length >= MAX_PER_ACCUSED
        ? ofAccused
        : ofAccuser.length >= MAX_PER_ACCUSER && !fresh.isOwn
          ? ofAccuser
          : [];
  if (crowd.length === 0) return [];
  const [least] = crowd.toSorted((a, b) => worth(a) - worth(b) || a.receivedAtMs - b.receivedAtMs);
  return least !== undefined && worth(least) <= worth(fresh) ? [least] : undefined;
}

/** What was proven or claimed, for people. */
export function describeFraud({ kind, task, job }: Pick<FraudRecord, 'kind' | 'task' | 'job'>): string {
  const what = kind === 'equivocation' ? 'two different results' : 'a wrong result';
  return `it signed ${what} for task ${task + 1} of job ${job.slice(0, 12)}…`;
}
