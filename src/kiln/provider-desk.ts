import { laneOfKind } from '../job/lanes.ts';
import { suggestPrice } from '../market/price/suggest-price.ts';
import { DEFAULT_CREDIT_LEASES } from '../payment/price.ts';
import type { BoardView, GpuView, Kiln } from './kiln.ts';
import { Cell, type Observable } from '../base/observable.ts';
import type { JobKind } from '../protocol/primitives.ts';
import type { Provider } from '../provider/provider.ts';
import type { ProviderRules } from '../provider/view.ts';
import type { GpuInfo } from '../sandbox/gpu/probe-gpu.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { requestPersistence } from '../storage/request-persistence.ts';
import { DEFAULT_CORE_SHARE } from './constants.ts';
import type { WalletDesk } from './wallet-desk.ts';

/** The provider of this tab as the pages use it: its slots are set by its rules. */
export class ProviderDesk {
  readonly #provider: Provider;
  readonly #sandbox: Sandbox;
  readonly #gpu: Cell<GpuView | undefined>;
  readonly #board: Observable<BoardView>;
  readonly #wallet: WalletDesk;
  readonly #onStopped: () => void;

  constructor(
    provider: Provider,
    sandbox: Sandbox,
    gpu: GpuInfo | undefined,
    board: Observable<BoardView>,
    wallet: WalletDesk,
    onStopped: () => void,
  ) {
    this.#provider = provider;
    this.#sandbox = sandbox;
    this.#gpu = new Cell(gpu && { name: gpu.name, isSoftware: gpu.isSoftware });
    this.#board = board;
    this.#wallet = wallet;
    this.#onStopped = onStopped;
  }

  /** The surface that the pages use. */
  get api(): Kiln['provider'] {
    return {
      view: this.#provider.view,
      gpu: this.#gpu,
      start: (rules) => this.#start(rules),
      setRules: (rules) => this.#setRules(rules),
      stop: () => this.stop(),
      suggestRules: () => Promise.resolve(this.#suggest()),
    };
  }

  async stop(): Promise<void> {
    await this.#provider.stop();
    this.#onStopped();
  }

  async #start(rules: ProviderRules): Promise<void> {
    // The browser may refuse; then a full disk could cost cached inputs, never vouchers that were redeemed.
    void requestPersistence().catch(() => false);
    this.#lend(rules);
    try {
      await this.#provider.start(rules);
    } catch (error) {
      await this.stop();
      throw error;
    }
    void this.#measureClass(rules);
  }

  async #setRules(rules: ProviderRules): Promise<void> {
    this.#lend(rules);
    await this.#provider.setRules(rules);
    void this.#measureClass(rules);
  }

  /** Learns the GPU's numeric class, which puts it to work: only once its owner lends it. */
  async #measureClass({ kinds }: ProviderRules): Promise<void> {
    const gpu = this.#gpu.value;
    if (gpu === undefined || !kinds.includes('wgsl')) return;
    // The sandbox ends it when the page goes away.
    const numericClass = await this.#sandbox.numericClass(new AbortController().signal);
    if (numericClass !== undefined) this.#gpu.set({ ...gpu, numericClass });
  }

  #lend(rules: ProviderRules): void {
    const cpuSlots = rules.kinds.some((kind) => laneOfKind(kind) === 'cpu') ? rules.cpuSlots : 0;
    // One slot of each kind stays for this tab's own try-outs and audits.
    this.#sandbox.setSlots(Math.max(1, cpuSlots), this.#gpu.value === undefined ? 0 : 1);
  }

  #suggest(): ProviderRules {
    const { offers } = this.#board.value;
    const kinds: JobKind[] = this.#gpu.value === undefined ? ['wasi', 'onnx'] : ['wasi', 'wgsl', 'onnx'];
    return {
      kinds,
      cpuSlots: Math.max(1, Math.floor(navigator.hardwareConcurrency * DEFAULT_CORE_SHARE)),
      pricePerUnit: {
        wasi: suggestPrice(offers, 'wasi'),
        wgsl: suggestPrice(offers, 'wgsl'),
        onnx: suggestPrice(offers, 'onnx'),
      },
      payee: this.#wallet.address,
      creditLeases: DEFAULT_CREDIT_LEASES,
      blockedRequestors: [],
    };
  }
}
