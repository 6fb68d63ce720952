import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import type { PaymentTerms } from '../protocol/payment-terms.ts';
import type { Envelope } from '../protocol/envelope.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { Manifest } from '../protocol/manifest.ts';
import type { Agreement } from '../protocol/negotiate.ts';
import type { Exit } from '../protocol/task.ts';
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
  readonly providers: readonly JobProviderView[];
}

/** A provider whose result was accepted, and the agreement under which it is paid for it. */
export interface Supporter {
  readonly peer: PeerId;
  readonly agreement: string;
}

/** A verified result: what was accepted, and where its bytes are. */
export interface ResultRecord {
  readonly task: number;
  readonly exit: Exit;
  readonly supporters: readonly Supporter[];
  /** Small outputs are kept here, large ones as blobs in the chunk store. */
  readonly outputs: readonly {
    readonly path: string;
    readonly cid: Cid;
    readonly bytes: number;
    readonly inline?: Bytes;
  }[];
}

/** An agreement as its requestor keeps it: what a provider may come back to after a break or a reload. */
export interface RequestorAgreementRecord {
  readonly digest: string;
  readonly agreement: Agreement;
  readonly requestorEnvelope: Envelope;
  readonly providerEnvelope: Envelope;
  readonly addresses: readonly string[];
}

/** Key of a result: jobs' results are read by prefix, in task order. */
export function resultKey(job: Cid, task: number): string {
  return `${job}/${task.toString().padStart(7, '0')}`;
}
