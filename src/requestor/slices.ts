import type * as v from 'valibot';
import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import type { ConnectionQuality } from '../market/choose/rank.ts';
import type { PostedProof } from '../payment/cover/sum-tree.ts';
import type { PaymentTerms } from '../protocol/payment-terms.ts';
import type { FrameStream, StreamProtocol } from '../protocol/channel.ts';
import type { Envelope } from '../protocol/envelope.ts';
import type { Identity, PeerId } from '../protocol/identity.ts';
import type { Manifest } from '../protocol/manifest.ts';
import type { Address, JobKind } from '../protocol/primitives.ts';
import type { TaskOutcome } from '../protocol/task.ts';
import type { SignedVoucher } from '../protocol/work.ts';
import type { SoundProof } from '../verification/fraud-proof.ts';

/*
 * What the requestor needs of each adapter, and no more. `network`, `storage`, `sandbox` and `wallet` satisfy these
 * structurally; tests hand in in-memory twins.
 */

export interface RequestorNetwork {
  readonly identity: Identity;
  addresses(): readonly string[];
  publishDemand(kind: JobKind, demand: Envelope): Promise<void>;
  /** How well a peer is reached now; undefined while it is not connected. */
  connectionTo(peer: PeerId): Promise<ConnectionQuality | undefined>;
  /** The network (/24 or /48) that a peer's packets come from now; undefined where that cannot be seen. */
  networkOf(peer: PeerId): Promise<string | undefined>;
  /** Fraud proofs of others whose signatures are in order; the result unsubscribes. */
  onFraudProof(handler: (proof: SoundProof) => void): () => void;
  publishFraudProof(proof: Envelope): Promise<void>;
  /** Accepts streams of a protocol; the result stops accepting. */
  handle(
    protocol: StreamProtocol<v.GenericSchema, v.GenericSchema>,
    handler: (stream: FrameStream) => void,
  ): Promise<() => Promise<void>>;
  readonly blobs: {
    get(
      cid: Cid,
      request: {
        readonly holders: readonly { readonly peer: PeerId; readonly addresses: readonly string[] }[];
        readonly maxBytes?: number;
        readonly range?: { readonly offset: number; readonly length: number };
        readonly signal?: AbortSignal;
      },
    ): Promise<Bytes>;
    put(bytes: Uint8Array): Promise<Cid>;
  };
}

/** Reads an input of a job, or a slice of it. */
type ReadInput = (
  input: { readonly cid: Cid; readonly bytes: number },
  range?: { readonly offset: number; readonly length: number },
) => Promise<Bytes>;

export interface RequestorSandbox {
  slots(kind: JobKind): number;
  openJob(
    job: Cid,
    manifest: Manifest,
    readInput: ReadInput,
  ): Promise<{
    run(
      task: number,
      options: {
        readonly signal: AbortSignal;
        readonly onProgress?: (done: number) => void;
        /** Told the calls of a WASI program, written down; a run is slower with it. */
        readonly onCalls?: (lines: readonly string[]) => void;
      },
    ): Promise<TaskOutcome>;
    close(): Promise<void>;
  }>;
  /** Opens the verifier program of a job whose comparator has one. */
  openVerifier(
    manifest: Manifest,
    readInput: ReadInput,
  ): Promise<{
    /** Exit `ok` says that the outputs are right, exit code 1 that they are wrong, anything else says nothing. */
    run(
      task: number,
      outputs: readonly { readonly path: string; readonly bytes: Bytes }[],
      options: {
        readonly signal: AbortSignal;
        /** What its chance is made of: 32 bytes that nobody could know before the result was committed to. */
        readonly seed: Bytes;
        /** Longest time it may take, in milliseconds. @default the limit of every verifier, which is the longest */
        readonly wallMs?: number;
      },
    ): Promise<TaskOutcome>;
    close(): Promise<void>;
  }>;
  /** Measured speed of one slot of this kind, in micro-units of work per second. */
  benchmark(kind: JobKind, signal: AbortSignal): Promise<number>;
}

/** A payee with the proof of its collateral. */
export interface CoveredPayee {
  readonly payee: Address;
  readonly proof: PostedProof;
}

/** The requestor's means to pay: one session key, funded and authorised on chain. */
export interface PaymentSession {
  readonly terms: PaymentTerms;
  /** All that this key may ever promise, in the token's smallest unit. */
  readonly cap: bigint;
  /** When the key ends, in milliseconds since 1970. @default not known */
  readonly expiresAtMs?: number;
  /** Signs a cumulative voucher (EIP-712); stores nothing. */
  sign(voucher: {
    readonly payee: Address;
    readonly amount: bigint;
    readonly issued: bigint;
  }): Promise<SignedVoucher>;
  /**
   * Sets collateral aside for what these payees were promised and have not redeemed, if it can be done quietly; gives
   * every proof of collateral that they can draw on now.
   */
  cover?(
    promised: readonly { readonly payee: Address; readonly promised: bigint }[],
  ): Promise<readonly CoveredPayee[]>;
  /** What the chain has seen of this key, in the token's smallest unit. */
  readUse?(): Promise<{ readonly redeemed: bigint; readonly highestIssued: bigint }>;
}
