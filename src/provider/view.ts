import type { Cid } from '../base/cid.ts';
import type { Capabilities } from '../protocol/capabilities.ts';
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
  /** Results that stand only for now: their pay is held back until another verdict comes. */
  readonly tasksHeld: number;
  /** What is held back. */
  readonly held: bigint;
  readonly earned: bigint;
  readonly endReason?: string;
  /** What is wrong with the receipt that the requestor signed at the end; it was not kept. */
  readonly receiptFault?: string;
}

/** One reason why a demand came to nothing. */
export interface PassReason {
  /** The name of the reason: of a mismatch, of the requestor's refusal, or of what failed. */
  readonly code: string;
  /** What of the machine it is about, in the words of `market/match/properties`. */
  readonly property?: string;
  /** For people. */
  readonly text: string;
  /** Who said no: these rules and this device, the requestor, or nobody because something failed. */
  readonly by: 'provider' | 'requestor' | 'failure';
}

/** Why a demand was not answered, or was in vain; shown to the provider. */
export interface PassedDemand {
  readonly job: Cid;
  readonly name: string;
  readonly requestor: PeerId;
  readonly kind: JobKind;
  /** What it pays at most per unit of work, in the token's smallest unit. */
  readonly priceCeiling: bigint;
  readonly reasons: readonly PassReason[];
  readonly atMs: number;
}

/** One kind of job as it is lent now. */
export interface KindView {
  readonly kind: JobKind;
  /**
   * `waiting`: not measured yet; `failed`: this device cannot run it; `resting`: not lent while the machine is in use;
   * `free`: ready; `working`: all that is lent of it is at work.
   */
  readonly state: 'waiting' | 'measuring' | 'failed' | 'resting' | 'free' | 'working';
  /** Measured micro-units per second and slot. */
  readonly score?: number;
  /** When it was measured last, milliseconds since 1970. */
  readonly measuredAtMs?: number;
  /** Asked now per unit of work, in the token's smallest unit. */
  readonly pricePerUnit: bigint;
  readonly slots: { readonly total: number; readonly free: number };
  /** Why it is not lent, in words. */
  readonly reason?: string;
}

/** Is a person at this machine, and how far can this page see that? */
export interface ActivityView {
  readonly isInUse: boolean;
  /** `machine`: the browser tells whether anybody uses it; `page`: only what is done in this page is seen. */
  readonly sees: 'machine' | 'page';
  /** The browser could tell more if the person allowed it. */
  readonly canAsk: boolean;
}

/** All that the Provide page shows. */
export interface ProviderView {
  readonly status: 'off' | 'starting' | 'idle' | 'working' | 'stopping';
  /** Why nothing runs, in words: "no demand above your price". */
  readonly idleReason?: string;
  /** The rules in force, without the keys of groups: those are secrets. */
  readonly rules?: ProviderRules;
  /** What is measured now, and how much of that is done, 0 to 1. */
  readonly measuring?: { readonly kind: JobKind; readonly done: number };
  /** Less is lent now because the machine is in use. */
  readonly isHeldBack: boolean;
  /** Each kind that the rules lend. */
  readonly kinds: readonly KindView[];
  /** What offers and proposals say of this device; absent while nothing is lent. */
  readonly capabilities?: Capabilities;
  /** Measured micro-units per second and slot, by kind; absent until measured. */
  readonly scores: Readonly<Partial<Record<JobKind, number>>>;
  readonly slots: { readonly total: number; readonly busy: number };
  readonly running: readonly RunningTask[];
  readonly agreements: readonly AgreementView[];
  readonly passed: readonly PassedDemand[];
  readonly tasksAccepted: number;
  readonly earned: bigint;
}
