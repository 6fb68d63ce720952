import type { Collection } from '../base/collection.ts';
import { Cell, type Observable } from '../base/observable.ts';
import { suggestPrice } from '../market/price/suggest-price.ts';
import { DEFAULT_CREDIT_LEASES } from '../payment/costs/price.ts';
import type { JobKind } from '../protocol/primitives.ts';
import type { Provider } from '../provider/provider.ts';
import type { ProviderRules } from '../provider/view.ts';
import type { GpuInfo } from '../sandbox/gpu/probe-gpu.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { requestPersistence } from '../storage/request-persistence.ts';
import { DEFAULT_CORE_SHARE } from './constants.ts';
import type { DeviceActivity } from './device/activity.ts';
import type { ThisDevice } from './device/this-device.ts';
import type { BoardView, GpuView, Kiln } from './kiln.ts';
import { keepRules, keptRules } from './kept-rules.ts';
import type { WalletDesk } from './wallet/wallet-desk.ts';

/** What the desk is made of. */
export interface ProviderDeskInit {
  readonly provider: Provider;
  readonly sandbox: Sandbox;
  readonly gpu: GpuInfo | undefined;
  readonly device: ThisDevice;
  readonly activity: DeviceActivity;
  readonly board: Observable<BoardView>;
  readonly wallet: WalletDesk;
  /** Where rules are kept from one visit to the next. */
  readonly settings: Collection<unknown>;
  readonly onStopped: () => void;
}

/** The provider of this tab as the pages use it. */
export class ProviderDesk {
  readonly #init: ProviderDeskInit;
  readonly #gpu: Cell<GpuView | undefined>;
  #rules: ProviderRules | undefined;

  constructor(init: ProviderDeskInit) {
    this.#init = init;
    const { gpu } = init;
    this.#gpu = new Cell(gpu && { name: gpu.name, isSoftware: gpu.isSoftware });
  }

  /** The surface that the pages use. */
  get api(): Kiln['provider'] {
    const { provider, activity } = this.#init;
    return {
      view: provider.view,
      gpu: this.#gpu,
      activity: activity.view,
      watchMachine: () => activity.ask(),
      start: (rules) => this.#start(rules),
      setRules: (rules) => this.#setRules(rules),
      stop: () => this.stop(),
      suggestRules: () => this.#suggest(),
    };
  }

  async stop(): Promise<void> {
    await this.#init.provider.stop();
    this.#init.onStopped();
  }

  async #start(rules: ProviderRules): Promise<void> {
    // The browser may refuse; then a full disk could cost cached inputs, never vouchers that were redeemed.
    void requestPersistence().catch(() => false);
    await this.#init.device.look().catch(() => {});
    await this.#keep(rules);
    try {
      await this.#init.provider.start(rules);
    } catch (error) {
      await this.stop();
      throw error;
    }
    void this.#measureClass(rules);
  }

  async #setRules(rules: ProviderRules): Promise<void> {
    await this.#keep(rules);
    await this.#init.provider.setRules(rules);
    void this.#measureClass(rules);
  }

  async #keep(rules: ProviderRules): Promise<void> {
    this.#rules = rules;
    // A full disk costs the rules of the next visit, not this one.
    await keepRules(this.#init.settings, rules, this.#init.wallet.address).catch(() => {});
  }

  /** Learns the GPU's numeric class, which puts it to work: only once its owner lends it. */
  async #measureClass({ kinds }: ProviderRules): Promise<void> {
    const gpu = this.#gpu.value;
    if (gpu === undefined || gpu.numericClass !== undefined || !kinds.includes('wgsl')) return;
    const { sandbox, device, provider } = this.#init;
    // The sandbox ends it when the page goes away.
    const numericClass = await sandbox.numericClass(new AbortController().signal);
    if (numericClass === undefined) return;
    this.#gpu.set({ ...gpu, numericClass });
    device.setNumericClass(numericClass);
    await provider.deviceChanged();
  }

  async #suggest(): Promise<ProviderRules> {
    if (this.#rules !== undefined) return this.#rules;
    const { gpu, board, wallet, settings } = this.#init;
    const { offers } = board.value;
    const cores = navigator.hardwareConcurrency;
    const kinds: JobKind[] = gpu === undefined ? ['wasi', 'onnx'] : ['wasi', 'wgsl', 'onnx'];
    const suggested: ProviderRules = {
      kinds,
      cpuSlots: Math.max(1, Math.floor(cores * DEFAULT_CORE_SHARE)),
      pricePerUnit: {
        wasi: suggestPrice(offers, 'wasi'),
        wgsl: suggestPrice(offers, 'wgsl'),
        onnx: suggestPrice(offers, 'onnx'),
      },
      payee: wallet.address,
      creditLeases: DEFAULT_CREDIT_LEASES,
      blockedRequestors: [],
    };
    return keptRules(settings, suggested, cores).catch(() => suggested);
  }
}
