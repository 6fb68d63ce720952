import { laneOfKind } from '../job/lanes.ts';
import { suggestPrice } from '../market/price.ts';
import { DEFAULT_CREDIT_LEASES } from '../payment/price.ts';
import type { BoardView, Kiln } from './kiln.ts';
import type { Observable } from '../base/observable.ts';
import type { JobKind } from '../protocol/primitives.ts';
import type { Provider } from '../provider/provider.ts';
import type { ProviderRules } from '../provider/view.ts';
import type { GpuInfo } from '../sandbox/probe-gpu.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { requestPersistence } from '../storage/request-persistence.ts';
import { DEFAULT_CORE_SHARE } from './constants.ts';
import type { WalletDesk } from './wallet-desk.ts';

/** The provider of this tab as the pages use it: its slots are set by its rules. */
export class ProviderDesk {
  readonly #provider: Provider;
  readonly #sandbox: Sandbox;
  readonly #gpu: GpuInfo | undefined;
  readonly #board: Observable<BoardView>;
  readonly #wallet: WalletDesk;

  constructor(
    provider: Provider,
    sandbox: Sandbox,
    gpu: GpuInfo | undefined,
    board: Observable<BoardView>,
    wallet: WalletDesk,
  ) {
    this.#provider = provider;
    this.#sandbox = sandbox;
    this.#gpu = gpu;
    this.#board = board;
    this.#wallet = wallet;
  }

  /** The surface that the pages use. */
  get api(): Kiln['provider'] {
    return {
      view: this.#provider.view,
      start: (rules) => this.#start(rules),
      setRules: (rules) => this.#setRules(rules),
      stop: () => this.stop(),
      suggestRules: () => Promise.resolve(this.#suggest()),
    };
  }

  async stop(): Promise<void> {
    await this.#provider.stop();
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
  }

  async #setRules(rules: ProviderRules): Promise<void> {
    this.#lend(rules);
    await this.#provider.setRules(rules);
  }

  #lend(rules: ProviderRules): void {
    const cpuSlots = rules.kinds.some((kind) => laneOfKind(kind) === 'cpu') ? rules.cpuSlots : 0;
    // One slot of each kind stays for this tab's own try-outs and audits.
    this.#sandbox.setSlots(Math.max(1, cpuSlots), this.#gpu === undefined ? 0 : 1);
  }

  #suggest(): ProviderRules {
    const { offers } = this.#board.value;
    const kinds: JobKind[] = this.#gpu === undefined ? ['wasi', 'onnx'] : ['wasi', 'wgsl', 'onnx'];
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
