import type { Envelope } from '../../protocol/envelope.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { Exit, Result } from '../../protocol/task.ts';
import type { VerdictOutcome } from '../../protocol/work.ts';

/** Why a replica of a task was leased. A ringer is a task whose answer is known; its provider cannot tell. */
export type LeaseCause = 'work' | 'duplicate' | 'check' | 'ringer';

/** One replica of one task: the lease under which its provider has it. */
interface OfReplica {
  readonly lease: string;
  readonly peer: PeerId;
}

/** What happened to one task of a job, as plain data. */
export type TaskHappening =
  | (OfReplica & {
      readonly type: 'leased';
      readonly payee: Address;
      /** Digest of the agreement. */
      readonly agreement: string;
      readonly cause: LeaseCause;
    })
  | (OfReplica & {
      readonly type: 'committed';
      readonly commitment: Uint8Array;
      /** The provider's signed word (domain `kiln/commit/1`); one envelope holds the tasks of a lease. */
      readonly commit: Envelope;
      /** Wall time of all tasks in that envelope, as the provider says. */
      readonly wallMs: number;
    })
  | (OfReplica & { readonly type: 'reveal-asked'; readonly withBytes: boolean })
  | (OfReplica & {
      readonly type: 'revealed';
      /** Hex digest of the result, and what opens the commitment to it. */
      readonly digest: string;
      readonly nonce: Uint8Array;
      readonly exit: Exit;
      readonly numericClass?: string;
    })
  /** The replica came to no result that votes. */
  | (OfReplica & {
      readonly type: 'void';
      readonly how: 'lost' | 'inconclusive' | 'broken';
      readonly reason: string;
    })
  /** Two results, by lease; `own` is this device's. */
  | {
      readonly type: 'compared';
      readonly a: string;
      readonly b: string;
      readonly agrees: boolean;
      readonly reason?: string;
    }
  /** A verifier program looked at a result. */
  | {
      readonly type: 'judged';
      readonly lease: string;
      readonly outcome: 'right' | 'wrong' | 'inconclusive';
      readonly reason?: string;
      /** Hex of what the verifier's chance was made of: with it, anyone can repeat the check. */
      readonly seed?: string;
    }
  /** This device computes the task itself, and what came of it. */
  | { readonly type: 'own-run' }
  | { readonly type: 'own-result'; readonly digest: string }
  | { readonly type: 'own-failed'; readonly reason: string }
  /** What the provider was told; after `provisional` another one follows. */
  | (OfReplica & { readonly type: 'verdict'; readonly outcome: VerdictOutcome; readonly reason?: string })
  /** A result stands: `canonical` is the lease whose bytes are kept, or `own`. */
  | {
      readonly type: 'settled';
      readonly canonical: string;
      readonly digest: string;
      /** What `digest` is of: with it, anyone can check output files against the record of the run. */
      readonly result: Result;
      readonly supporters: readonly PeerId[];
      /** Did it replace another result? */
      readonly isReplacing: boolean;
    }
  /** The policy lets go of a standing result: it counts for good. */
  | { readonly type: 'released'; readonly reason: string }
  /** The standing result is checked by another replica. */
  | { readonly type: 'rechecked'; readonly reason: string }
  /** The standing result counts no more: the task runs again. */
  | { readonly type: 'reopened'; readonly reason: string }
  /** The task came to no result at all. */
  | { readonly type: 'failed'; readonly reason: string };

/** One entry of a task's trace. `atMs` is the job's clock. */
export type TaskTraceEvent = TaskHappening & { readonly task: number; readonly atMs: number };

/** Why a provider of this job was banned. */
export interface Caught {
  readonly peer: PeerId;
  readonly payee?: Address;
  readonly reason: string;
  readonly atMs: number;
  /** Absent when it was caught elsewhere. */
  readonly task?: number;
  readonly lease?: string;
  /** What it signed, and what opens it: enough to make a fraud proof of. Absent when it never revealed. */
  readonly evidence?: LieEvidence;
}

/** Why a provider of this job was put aside: it wasted the job's time, and told no lie that is known. */
export interface SetAside {
  readonly peer: PeerId;
  readonly payee: Address;
  readonly reason: string;
  readonly atMs: number;
}

/** A provider's signed statement of a result that did not hold. */
export interface LieEvidence {
  /** Digest of the agreement. */
  readonly agreement: string;
  readonly commit: Envelope;
  readonly nonce: Uint8Array;
  /** Hex digest of the result that it claimed. */
  readonly claimed: string;
  /** That result, without its bytes. */
  readonly result: Result;
  /** Hex digest of the result that was accepted instead; absent where none was. */
  readonly accepted?: string;
}

/**
 * Hears all that happens to the tasks of a job, in order, after it was stored. It must not throw, and must not wait:
 * the job does not.
 */
export interface TaskObserver {
  onTask(event: TaskTraceEvent): void;
  onCaught(caught: Caught): void;
  onSetAside?(setAside: SetAside): void;
  /** A task is over for good: its replicas, commitments and reveals are forgotten after this. */
  onForgotten?(task: number): void;
}
