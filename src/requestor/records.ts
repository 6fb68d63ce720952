import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import type { PaymentTerms } from '../protocol/payment-terms.ts';
import type { Envelope } from '../protocol/envelope.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { Manifest } from '../protocol/manifest.ts';
import type { Agreement } from '../protocol/negotiate.ts';
import type { Address } from '../protocol/primitives.ts';
import type { Exit, Result } from '../protocol/task.ts';
import type { JobProviderView, JobStatus, RejectedResult, SubmitTerms } from './view.ts';

/** A job as it survives a reload; its verified results are records of their own. */
export interface JobRecord {
  readonly job: Cid;
  readonly manifest: Manifest;
  readonly terms: SubmitTerms;
  readonly payment: PaymentTerms;
  readonly cap: bigint;
  readonly status: JobStatus;
  readonly error?: string;
  readonly createdAtMs: number;
  readonly firstResultAtMs?: number;
  readonly endedAtMs?: number;
  readonly executions: number;
  readonly rejected: readonly RejectedResult[];
  readonly banned: readonly PeerId[];
  /** Why each of them was banned, as far as that is known. */
  readonly banReasons?: Readonly<Record<PeerId, string>>;
  /** Who was put aside for wasting the job's time, and why. */
  readonly setAside?: Readonly<Record<PeerId, string>>;
  /**
   * Who committed to a result and did not open it, and the position of the next verdict then: checks that it passed before
   * count no more.
   */
  readonly startedOver?: Readonly<Record<PeerId, number>>;
  readonly providers: readonly JobProviderView[];
}

/** A provider whose result was accepted, and the agreement under which it is paid for it. */
export interface Supporter {
  readonly peer: PeerId;
  readonly agreement: string;
  /** Under which lease it delivered; absent in records of earlier versions. */
  readonly lease?: string;
  readonly payee?: Address;
  readonly numericClass?: string;
  /** Its pay is held back until the result is released. */
  readonly isHeld?: boolean;
}

/** A result that stands: what was accepted, and where its bytes are. */
export interface ResultRecord {
  readonly task: number;
  readonly exit: Exit;
  readonly supporters: readonly Supporter[];
  /** What the result says beside its exit and outputs. */
  readonly statement?: Omit<Result, 'exit' | 'outputs'>;
  /** Hex digest of the result; absent in records of earlier versions, which hold released results only. */
  readonly digest?: string;
  /** Position among the verdicts of its job: a reload repeats them in this order. */
  readonly order?: number;
  /** It stands for now: the check policy has not released it. */
  readonly isProvisional?: boolean;
  /** No provider's word is needed: this device computed it too, or its verifier found it right. */
  readonly isProven?: boolean;
  /** Small outputs are kept here, large ones as blobs in the chunk store. */
  readonly outputs: readonly {
    readonly path: string;
    readonly cid: Cid;
    readonly bytes: number;
    readonly inline?: Bytes;
  }[];
}

/** A renewal on its way to a provider. */
export interface OfferedRenewal {
  readonly digest: string;
  readonly envelope: Envelope;
}

/** An agreement as its requestor keeps it: what a provider may come back to after a break or a reload. */
export interface RequestorAgreementRecord {
  readonly digest: string;
  readonly agreement: Agreement;
  readonly requestorEnvelope: Envelope;
  readonly providerEnvelope: Envelope;
  readonly addresses: readonly string[];
  /** A renewal that this requestor signed and its provider has not counter-signed yet, with its name. */
  readonly offered?: OfferedRenewal;
  /** Speed that its proposal claimed, in micro-units per second and slot. */
  readonly claimed?: number;
  /** Which GPUs its own agrees with bit for bit, as its proposal said; of GPU jobs only. */
  readonly numericClass?: string;
  /** Checks that it had passed in earlier jobs when it was seated, no more than the trial asks for. */
  readonly passedBefore?: number;
}

/** Key of a result: jobs' results are read by prefix, in task order. */
export function resultKey(job: Cid, task: number): string {
  return `${job}/${task.toString().padStart(7, '0')}`;
}
