import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import type { Observable } from '../base/observable.ts';
import type { OfferReport } from '../market/match/explain-offers.ts';
import type { Demand, Offer } from '../protocol/announce.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { Address } from '../protocol/primitives.ts';
import type { TaskTrace } from '../protocol/task-trace.ts';
import type { ActivityView, ProviderRules, ProviderView } from '../provider/view.ts';
import type { KeyFile } from '../wallet/key-file/key-file.ts';
import type { FraudView, OwnRecordView } from './receipts/record-view.ts';
import type { WalletView } from './wallet/wallet-view.ts';
import type { JobDraft, JobView, SubmitTerms, TryOut } from '../requestor/view.ts';

/** `network.json`: where the relays and the chain are. Addresses are hex, relays multiaddresses. */
export interface NetworkConfig {
  readonly relays: readonly string[];
  /** A relay that redeems for payees without native coin. @default none */
  readonly redeemRelay?: string;
  /** `stun:` URLs, by which tabs behind routers learn their public address and tell those that they connect to. @default none */
  readonly stunServers?: readonly string[];
  readonly chain: {
    readonly id: number;
    readonly name: string;
    readonly rpcUrl: string;
    /** A second node, of another operator: providers believe what both say. */
    readonly secondRpcUrl?: string;
    /** What one native coin is worth, in whole tokens. */
    readonly tokensPerCoin?: number;
    readonly token: Address;
    readonly pool: Address;
    readonly tokenSymbol: string;
    readonly explorerUrl?: string;
    /** A local or test chain that hands out test tokens to new embedded wallets. */
    readonly hasFaucet: boolean;
  };
}

/** How well this tab is connected. */
export interface ConnectionView {
  readonly peer: PeerId;
  readonly state: 'connecting' | 'online' | 'offline';
  readonly relays: readonly { readonly address: string; readonly isConnected: boolean }[];
  readonly peers: readonly { readonly peer: PeerId; readonly transport: 'webrtc' | 'relayed' | 'relay' }[];
}

/** The board: newest valid offers and demands known to this tab. */
export interface BoardView {
  readonly offers: readonly Offer[];
  readonly demands: readonly Demand[];
}

/** This device's GPU, as a person who lends it sees it. */
export interface GpuView {
  readonly name: string;
  /** Computed by the processor: right, but slow. */
  readonly isSoftware: boolean;
  /** Which other GPUs agree with it bit for bit (lower-case hex); known some time after lending has begun. */
  readonly numericClass?: string;
}

/** Why a job under way finds providers, or none. Prices are per unit of work, in the token's smallest unit. */
export interface JobMatch {
  readonly report: OfferReport;
  readonly priceCeiling: bigint;
  /** What its budget bears to the end of the job. */
  readonly highestCeiling?: bigint;
  /** What it should rather offer; absent while there is no reason to, or no budget. */
  readonly suggestedCeiling?: bigint;
  /** Providers wanted beside those that work on it. */
  readonly seats: number;
}

/** One finished job's deliverable. */
export interface DeliverableFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Bytes;
}

/** Hears each step of something slow, in words. */
type StepListener = (step: string) => void;

/** Something slow that can be stopped and tells how far it is. */
interface WorkOptions {
  readonly signal?: AbortSignal;
  /** Called with the share that is done, between 0 and 1. */
  readonly onProgress?: (done: number) => void;
}

/** One Kiln node in this tab: network, storage, sandbox, wallet and both roles, put together. */
export interface Kiln extends AsyncDisposable {
  /** The key of a new private group, to be passed on to its members by other means. */
  newGroupKey(): string;
  readonly config: NetworkConfig;
  readonly connection: Observable<ConnectionView>;
  readonly board: Observable<BoardView>;
  readonly provider: {
    readonly view: Observable<ProviderView>;
    /** Undefined where no GPU can be used. */
    readonly gpu: Observable<GpuView | undefined>;
    /** Is this machine in use, as far as this page can see? */
    readonly activity: Observable<ActivityView>;
    /** Asks the person whether the page may see if the machine is used; only on their own click. */
    watchMachine(): Promise<void>;
    /** Starts lending. Only ever called after the person agreed. */
    start(rules: ProviderRules): Promise<void>;
    setRules(rules: ProviderRules): Promise<void>;
    stop(): Promise<void>;
    /**
     * The rules in force or those of the last visit, keys of groups included; at first a suggestion: all kinds this
     * device can run, half its cores, the board's price.
     */
    suggestRules(): Promise<ProviderRules>;
  };
  readonly requestor: {
    readonly jobs: Observable<readonly JobView[]>;
    /** Runs one task here; shows its output and measures its work. */
    tryOut(
      draft: JobDraft,
      task: number,
      options: { signal: AbortSignal; onProgress?: (done: number) => void },
    ): Promise<TryOut>;
    /** Price per unit and total for a job against the live board. */
    estimate(
      draft: JobDraft,
      microUnitsPerTask: number,
    ): { readonly pricePerUnit: bigint; readonly total: bigint; readonly providers: number };
    /**
     * Why providers on the board match a job under these terms, or do not, and what would help. Throws
     * `requestor/bad-requirements`.
     */
    explainMatch(
      draft: JobDraft,
      terms: Pick<SubmitTerms, 'priceCeiling' | 'requirements' | 'group'>,
    ): OfferReport;
    /**
     * The same for a job under way, by its own terms. `emptyMs` is how long its seats have been empty: the longer, the
     * higher the price that is suggested.
     */
    explainJob(job: Cid, emptyMs: number): JobMatch;
    /**
     * Offers more per unit of work for a running job, from the next demand on; agreements keep their price. Throws
     * `requestor/ceiling-not-higher`, `requestor/ceiling-beyond-budget`, `requestor/job-ended`.
     */
    raiseCeiling(job: Cid, priceCeiling: bigint): Promise<void>;
    /** Funds a session key for the budget, stores the job, announces it. Resolves once it runs. */
    submit(draft: JobDraft, terms: SubmitTerms, onStep?: (step: string) => void): Promise<Cid>;
    cancel(job: Cid): Promise<void>;
    /** Forgets an ended job and frees its storage. */
    remove(job: Cid): Promise<void>;
    /** Outputs of a task that has a result, also one that stands only for now. */
    outputs(
      job: Cid,
      task: number,
    ): Promise<readonly { readonly path: string; readonly bytes: Bytes }[] | undefined>;
    /** What happened to a task, for people who ask why; undefined while nobody was given it. */
    trace(job: Cid, task: number): Promise<TaskTrace | undefined>;
    /** The record of a job's run: a signed file that anyone can check with {@link verifyRecord}, offline. */
    runRecord(job: Cid): Promise<Bytes>;
    /** Called with each task index as it gets a result, or another one than before. */
    onVerified(job: Cid, listener: (task: number) => void): () => void;
    /** Puts the verified results together: the video, the table with its plot, the files. */
    assemble(
      job: Cid,
      options: { signal: AbortSignal; onProgress?: (done: number) => void },
    ): Promise<readonly DeliverableFile[]>;
  };
  /** What others signed of one's dealings, and the evidence of lies. */
  readonly record: {
    readonly view: Observable<OwnRecordView>;
    /** Accusations known of peers, newest first. */
    readonly proofs: Observable<readonly FraudView[]>;
    /** Takes receipts that have come since in now, which else happens once a minute: for who looks. */
    renew(): Promise<void>;
    /** An accusation as a file that anyone can check; undefined when it was forgotten. */
    proofFile(digest: string): Bytes | undefined;
    /** One's own record as a file, signed by this identity. */
    export(): Promise<Bytes>;
    /** Takes the receipts of an exported record of this identity back; the result is how many were new. */
    import(bytes: Uint8Array): Promise<number>;
  };
  readonly wallet: {
    readonly view: Observable<WalletView>;
    useEmbedded(): Promise<void>;
    /** Takes up a wallet of this browser that an import replaced. */
    useKept(address: Address): Promise<void>;
    /** Connects an injected wallet; again after its person chose another account. */
    useInjected(id: string): Promise<void>;
    /** Asks the injected wallet to switch to this network's chain, or to add it. */
    switchChain(): Promise<void>;
    /** The embedded wallet as a keystore file under a passphrase. */
    exportEmbedded(passphrase: string, options: WorkOptions): Promise<KeyFile>;
    /** Replaces the embedded wallet by the one in a keystore file, and uses it. */
    importEmbedded(text: string, passphrase: string, options: WorkOptions): Promise<void>;
    refresh(): Promise<void>;
    /** Test tokens, where the chain has a faucet. */
    faucet(onStep?: StepListener): Promise<void>;
    redeem(onStep?: StepListener): Promise<{ readonly paid: bigint; readonly transaction?: string }>;
    /** Puts tokens into the deposit, for jobs to come. */
    deposit(amount: bigint, onStep?: StepListener): Promise<void>;
    /** Ends a session key early; its vouchers stay good for the length of a thaw. */
    revoke(sessionKey: Address, onStep?: StepListener): Promise<void>;
    /** Starts to take money out of the deposit; restarts the wait for all that thaws. */
    thaw(amount: bigint, onStep?: StepListener): Promise<void>;
    /** Takes out what has thawed. */
    withdraw(onStep?: StepListener): Promise<void>;
  };
}
