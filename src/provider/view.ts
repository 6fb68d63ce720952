import type { Cid } from '../base/cid.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { Address, JobKind } from '../protocol/primitives.ts';

/** What a provider decides for itself; may change at any time without a restart. */
export interface ProviderRules {
  readonly kinds: readonly JobKind[];
  /** Cores lent, one slot each, for programs and models alike; the GPU slot is extra and comes with `wgsl` in `kinds`. */
  readonly cpuSlots: number;
  /** Least price per unit of work, in the token's smallest unit, by kind. */
  readonly pricePerUnit: Readonly<Record<JobKind, bigint>>;
  readonly payee: Address;
  /** Work at risk without cover, in leases of about a second each. */
  readonly creditLeases: number;
  readonly blockedRequestors: readonly PeerId[];
  /** Answered before others when several demands fit. @default none */
  readonly preferredRequestors?: readonly PeerId[];
  /** Shared keys of the private groups that this provider belongs to (market/group). @default none */
  readonly groups?: readonly string[];
  /** Takes demands of its groups only. @default false */
  readonly isPrivate?: boolean;
  /** What is lent while a person uses this machine; all that the rules say while nobody does. @default no difference */
  readonly whileInUse?: {
    readonly cpuSlots: number;
    /** Share of time, 0 to 1, that GPU tasks may keep the GPU busy; 0 lends no GPU meanwhile. */
    readonly gpuDuty: number;
  };
  /** `market`: what is asked follows supply and demand, never below `pricePerUnit`. @default 'fixed' */
  readonly pricing?: 'fixed' | 'market';
}

/** A task that runs now; `done` is between 0 and 1. */
export interface RunningTask {
  readonly job: Cid;
  readonly task: number;
  readonly done: number;
}

/** One agreement as its provider sees it. Amounts are in the token's smallest unit. */
export interface AgreementView {
  readonly digest: string;
  readonly requestor: PeerId;
  readonly job: Cid;
  readonly jobName: string;
  readonly kind: JobKind;
  readonly state: 'connecting' | 'working' | 'broken' | 'ended';
  readonly tasksDelivered: number;
  readonly tasksAccepted: number;
  readonly tasksRejected: number;
  readonly earned: bigint;
  readonly endReason?: string;
}

/** Why a demand was not answered; shown to the provider. */
export interface PassedDemand {
  readonly job: Cid;
  readonly name: string;
  readonly requestor: PeerId;
  readonly reasons: readonly string[];
  readonly atMs: number;
}

/** All that the Provide page shows. */
export interface ProviderView {
  readonly status: 'off' | 'starting' | 'idle' | 'working' | 'stopping';
  /** Why nothing runs, in words: "no demand above your price". */
  readonly idleReason?: string;
  readonly rules?: ProviderRules;
  /** Measured micro-units per second and slot, by kind; absent until measured. */
  readonly scores: Readonly<Partial<Record<JobKind, number>>>;
  readonly slots: { readonly total: number; readonly busy: number };
  readonly running: readonly RunningTask[];
  readonly agreements: readonly AgreementView[];
  readonly passed: readonly PassedDemand[];
  readonly tasksAccepted: number;
  readonly earned: bigint;
}
