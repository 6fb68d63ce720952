import type { Cid } from '../base/cid.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { RankWeights } from '../market/choose/rank.ts';
import type { Requirements } from '../protocol/capabilities.ts';
import type { Manifest } from '../protocol/manifest.ts';
import type { Judgement } from './results/own/own-verifier.ts';
import type { RefusalReason } from '../protocol/negotiate.ts';
import type { Address } from '../protocol/primitives.ts';

export type JobStatus = 'running' | 'paused' | 'done' | 'cancelled' | 'failed';

/** One provider of a job. Amounts are in the token's smallest unit. */
export interface JobProviderView {
  readonly peer: PeerId;
  readonly payee: Address;
  /** `set-aside`: excluded from this job for wasting its time, not for a wrong result. */
  readonly state: 'working' | 'broken' | 'drained' | 'banned' | 'set-aside' | 'ended';
  readonly executions: number;
  readonly tasksPaid: number;
  readonly paid: bigint;
  readonly msPerTask?: number;
  readonly pricePerUnit: bigint;
  /** Why it no longer works on this job, for people. */
  readonly endReason?: string;
  /** What is wrong with the receipt that it signed at the end; it was not kept. */
  readonly receiptFault?: string;
}

/** A delivered result that did not count. */
export interface RejectedResult {
  readonly task: number;
  readonly peer: PeerId;
  readonly reason: string;
}

/**
 * The state of each task. A `provisional` one has a result that stands for now: it may run again when its provider is
 * caught elsewhere; `verified` is what the check policy has released.
 */
export type TaskPhase = 'waiting' | 'running' | 'checking' | 'provisional' | 'verified';

/** A proposal that was refused, or a provider that could not be taken: shown while a job waits. */
export interface RefusedProvider {
  readonly peer: PeerId;
  readonly reason: RefusalReason;
  /** For people. */
  readonly detail: string;
  readonly atMs: number;
}

/** All that the Job page shows. */
export interface JobView {
  readonly job: Cid;
  readonly manifest: Manifest;
  readonly status: JobStatus;
  readonly error?: string;
  readonly phases: readonly TaskPhase[];
  readonly verified: number;
  /** Tasks whose result stands but is not released yet. */
  readonly provisional: number;
  /** Results delivered, replicas included; `executions / verified` is the overhead of checking. */
  readonly executions: number;
  readonly providers: readonly JobProviderView[];
  readonly rejected: readonly RejectedResult[];
  /** The newest refusals, one for each provider. */
  readonly refused: readonly RefusedProvider[];
  readonly budget: bigint;
  readonly spent: bigint;
  readonly pricePerTaskCeiling: bigint;
  readonly createdAtMs: number;
  readonly firstResultAtMs?: number;
  readonly endedAtMs?: number;
  /** Milliseconds left by the pace so far; absent while unknown. */
  readonly etaMs?: number;
  /** Why nothing moves, in words, when nothing does: "waiting for providers". */
  readonly waitingFor?: string;
  /** What did not go as planned and holds nothing up, for people; newest last. Absent: nothing. */
  readonly notes?: readonly string[];
}

/** What the try-out of one task measured on this device. */
export interface TryOut {
  readonly task: number;
  readonly wallMs: number;
  readonly microUnitsPerTask: number;
  readonly exit: string;
  readonly outputs: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** What a WASI program wrote to standard error; empty when nothing. */
  readonly complaint: string;
  /** The last WASI calls of a program that ended badly, written down as `strace` does. */
  readonly lastCalls: readonly string[];
  /** What the job's verifier says of this result; absent where there is none, or nothing to verify. */
  readonly judgement?: Judgement;
}

/** A job before it is submitted: manifest and the bytes its CIDs name. */
export interface JobDraft {
  readonly manifest: Manifest;
  readonly blobs: readonly Uint8Array[];
}

/** Terms under which a job is submitted. */
export interface SubmitTerms {
  /** All that the job may cost, in the token's smallest unit. */
  readonly budget: bigint;
  /** Highest price per unit of work. */
  readonly priceCeiling: bigint;
  readonly microUnitsPerTask: number;
  /** Providers wanted at most. */
  readonly seats: number;
  /** What providers need to have, beyond what the job itself needs. @default nothing */
  readonly requirements?: Requirements;
  /** How proposals are ranked. @default DEFAULT_RANK_WEIGHTS */
  readonly weights?: RankWeights;
  /** Shared key of a private group: nobody else may work on the job. @default the open market */
  readonly group?: string;
}
