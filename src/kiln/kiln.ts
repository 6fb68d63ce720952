import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import type { Observable } from '../base/observable.ts';
import type { Demand, Offer } from '../protocol/announce.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { Address } from '../protocol/primitives.ts';
import type { ProviderRules, ProviderView } from '../provider/view.ts';
import type { JobDraft, JobView, SubmitTerms, TryOut } from '../requestor/view.ts';

/** `network.json`: where the relays and the chain are. Addresses are hex, relays multiaddresses. */
export interface NetworkConfig {
  readonly relays: readonly string[];
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

/** The newest voucher of one payer and session key, as its payee holds it. */
export interface VoucherView {
  readonly key: string;
  readonly payer: Address;
  readonly sessionKey: Address;
  readonly amount: bigint;
  readonly redeemed: bigint;
  readonly receivedAtMs: number;
}

/** One entry of the wallet's history. */
export interface WalletEvent {
  readonly kind: 'faucet' | 'deposit' | 'redeem' | 'thaw' | 'withdraw';
  readonly amount: bigint;
  readonly transaction: string;
  readonly atMs: number;
}

/** All that the Wallet page shows. Amounts are in the token's smallest unit (18 decimals). */
export interface WalletView {
  readonly account?: {
    readonly address: Address;
    readonly kind: 'embedded' | 'injected';
    readonly name: string;
  };
  readonly injected: readonly { readonly id: string; readonly name: string; readonly icon: string }[];
  readonly tokenBalance: bigint;
  readonly deposit: bigint;
  readonly thawing: bigint;
  readonly thawEndsAtMs?: number;
  readonly vouchers: readonly VoucherView[];
  readonly history: readonly WalletEvent[];
  readonly error?: string;
}

/** The board: newest valid offers and demands known to this tab. */
export interface BoardView {
  readonly offers: readonly Offer[];
  readonly demands: readonly Demand[];
}

/** One finished job's deliverable. */
export interface DeliverableFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Bytes;
}

/** One Kiln node in this tab: network, storage, sandbox, wallet and both roles, put together. */
export interface Kiln extends AsyncDisposable {
  readonly config: NetworkConfig;
  readonly connection: Observable<ConnectionView>;
  readonly board: Observable<BoardView>;
  readonly provider: {
    readonly view: Observable<ProviderView>;
    /** Starts lending. Only ever called after the person agreed. */
    start(rules: ProviderRules): Promise<void>;
    setRules(rules: ProviderRules): Promise<void>;
    stop(): Promise<void>;
    /** Rules to begin with: all kinds this device can run, half its cores, the board's price. */
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
    /** Funds a session key for the budget, stores the job, announces it. Resolves once it runs. */
    submit(draft: JobDraft, terms: SubmitTerms, onStep?: (step: string) => void): Promise<Cid>;
    cancel(job: Cid): Promise<void>;
    /** Forgets an ended job and frees its storage. */
    remove(job: Cid): Promise<void>;
    /** Verified outputs of a task so far. */
    outputs(
      job: Cid,
      task: number,
    ): Promise<readonly { readonly path: string; readonly bytes: Bytes }[] | undefined>;
    /** Called with each task index as it is verified. */
    onVerified(job: Cid, listener: (task: number) => void): () => void;
    /** Puts the verified results together: the video, the table with its plot, the files. */
    assemble(
      job: Cid,
      options: { signal: AbortSignal; onProgress?: (done: number) => void },
    ): Promise<readonly DeliverableFile[]>;
  };
  readonly wallet: {
    readonly view: Observable<WalletView>;
    useEmbedded(): Promise<void>;
    useInjected(id: string): Promise<void>;
    refresh(): Promise<void>;
    /** Test tokens, where the chain has a faucet. */
    faucet(): Promise<void>;
    redeem(): Promise<{ readonly paid: bigint; readonly transaction?: string }>;
    thaw(amount: bigint): Promise<void>;
    withdraw(): Promise<void>;
  };
}
