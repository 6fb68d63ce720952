import type { SumProof } from '../payment/cover/sum-tree.ts';
import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import type { Observable } from '../base/observable.ts';
import type { PayerStanding } from '../payment/voucher/acceptance.ts';
import type { Demand } from '../protocol/announce.ts';
import type { Capabilities } from '../protocol/capabilities.ts';
import type { PaymentTerms } from '../protocol/payment-terms.ts';
import type { FrameStream, StreamProtocol } from '../protocol/channel.ts';
import type { Envelope, Opened } from '../protocol/envelope.ts';
import type { Identity, PeerId } from '../protocol/identity.ts';
import type { Manifest } from '../protocol/manifest.ts';
import type { Address, JobKind } from '../protocol/primitives.ts';
import type { TaskOutcome } from '../protocol/task.ts';
import type { SignedVoucher } from '../protocol/work.ts';
import type * as v from 'valibot';

/*
 * What the provider needs of each adapter, and no more. `network`, `storage`, `sandbox` and `wallet` satisfy these
 * structurally; tests hand in in-memory twins.
 */

/** A peer and how to dial it. */
export interface PeerAddress {
  readonly peer: PeerId;
  readonly addresses: readonly string[];
}

/** How a blob is asked for. */
export interface BlobRequest {
  /** Peers that may have it, tried together. */
  readonly holders: readonly PeerAddress[];
  /** A larger blob is refused before it is fetched. */
  readonly maxBytes?: number;
  /** Only these bytes of it. */
  readonly range?: { readonly offset: number; readonly length: number };
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** Blobs by CID: own store first, then the holders; verified on arrival, then kept. */
export interface BlobSlice {
  get(cid: Cid, request: BlobRequest): Promise<Bytes>;
  /** Cuts, stores and thereby serves a blob to whoever asks. */
  put(bytes: Uint8Array): Promise<Cid>;
  /** How many bytes of these blobs are in the own store. */
  heldBytes(blobs: readonly { readonly cid: Cid; readonly bytes: number }[]): Promise<number>;
}

export interface ProviderNetwork {
  readonly identity: Identity;
  /** Multiaddresses under which others reach this peer now. */
  addresses(): readonly string[];
  /** Valid demands of a kind as they come, from gossip and the board, repeated ones too; the result unsubscribes. */
  onDemand(kind: JobKind, handler: (demand: Opened<Demand>) => void): () => void;
  putOffer(offer: Envelope): Promise<void>;
  removeOffer(): Promise<void>;
  openStream(
    protocol: StreamProtocol<v.GenericSchema, v.GenericSchema>,
    to: PeerAddress,
    signal?: AbortSignal,
  ): Promise<FrameStream>;
  readonly blobs: BlobSlice;
}

/** One job inside the sandbox: its program is compiled once per slot and stays warm until `close`. */
export interface SandboxJob {
  run(
    task: number,
    options: { readonly signal: AbortSignal; readonly onProgress?: (done: number) => void },
  ): Promise<TaskOutcome>;
  close(): Promise<void>;
}

/** Reads an input of the job, or a slice of it. */
export type ReadInput = (
  input: { readonly cid: Cid; readonly bytes: number },
  range?: { readonly offset: number; readonly length: number },
) => Promise<Bytes>;

export interface SandboxSlice {
  /** Slots for this kind: tasks beyond this number wait. */
  slots(kind: JobKind): number;
  openJob(job: Cid, manifest: Manifest, readInput: ReadInput): Promise<SandboxJob>;
  /** Changes how many tasks run at once; those that run keep their slots until they end. */
  setSlots(cpuSlots: number, gpuSlots: number): void;
  /** The share of time that GPU tasks may keep the GPU busy, above 0 to 1; the sandbox has a default. */
  setGpuDuty(share?: number): void;
  /** Measured speed of one slot of this kind, in micro-units of work per second. */
  benchmark(kind: JobKind, signal: AbortSignal, onProgress?: (done: number) => void): Promise<number>;
}

/** What a device has beside its speed and the cores that rules lend. */
export type DeviceTraits = Omit<Capabilities, 'cores' | 'scores'>;

/** What this device has, as well as it is known now. */
export interface DeviceSlice {
  traits(): DeviceTraits;
}

/** Whether a person uses this machine now. */
export interface ActivitySlice {
  readonly isInUse: Observable<boolean>;
}

export interface ProviderChain {
  payerView(terms: PaymentTerms, payee: Address): Promise<PayerStanding>;
  /** What a payee can still draw with this proof, surely; 0 when it proves nothing or runs out within a minute. */
  allocationCover(terms: PaymentTerms, payee: Address, proof: SumProof): Promise<bigint>;
  /** Address that signed this voucher for this chain and pool. */
  voucherSigner(terms: PaymentTerms, voucher: SignedVoucher): Promise<Address>;
}
