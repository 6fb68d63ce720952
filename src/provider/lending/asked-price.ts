import { type Clock, every } from '../../base/time.ts';
import { type AskState, MAX_ASK_FACTOR, nextAsk, startAsk } from '../../market/price/follow-price.ts';
import { JOB_KINDS, type JobKind } from '../../protocol/primitives.ts';
import { PRICE_STEP_MS } from '../constants.ts';
import type { ProviderRules } from '../view.ts';

/** What the asked prices follow. */
export interface AskedPriceInit {
  readonly clock: Clock;
  /** What others ask for this kind now; the start of a price that follows the market. */
  readonly marketPrice: (kind: JobKind) => bigint | undefined;
  /** Share of the slots lent for this kind that work now, 0 to 1; undefined while none is lent. */
  readonly busyShare: (kind: JobKind) => number | undefined;
  readonly onChange: () => void;
}

/** What is asked now: the rules' own prices, or prices that follow the market from there, never below them. */
export class AskedPrice {
  readonly #init: AskedPriceInit;
  readonly #states = new Map<JobKind, AskState>();
  readonly #stop: () => void;
  #rules: ProviderRules;
  #steppedAtMs: number;

  constructor(init: AskedPriceInit, rules: ProviderRules) {
    this.#init = init;
    this.#rules = rules;
    this.#steppedAtMs = init.clock.now();
    this.#stop = every(
      init.clock,
      () => PRICE_STEP_MS,
      () => this.#step(),
    );
    this.setRules(rules);
  }

  get all(): Readonly<Record<JobKind, bigint>> {
    const { pricing, pricePerUnit } = this.#rules;
    if (pricing !== 'market') return pricePerUnit;
    return { wasi: this.#of('wasi').ask, wgsl: this.#of('wgsl').ask, onnx: this.#of('onnx').ask };
  }

  /** New floors hold at once; a price that begins to follow the market begins where the market is. */
  setRules(rules: ProviderRules): void {
    this.#rules = rules;
    if (rules.pricing !== 'market') return this.#states.clear();
    for (const kind of JOB_KINDS) {
      const floor = rules.pricePerUnit[kind];
      const state = this.#states.get(kind) ?? startAsk(this.#init.marketPrice(kind) ?? floor);
      this.#states.set(kind, { ...state, ask: within(state.ask, floor, floor * MAX_ASK_FACTOR) });
    }
  }

  stop(): void {
    this.#stop();
  }

  #step(): void {
    const { clock, busyShare, onChange } = this.#init;
    const elapsedMs = clock.now() - this.#steppedAtMs;
    this.#steppedAtMs = clock.now();
    if (this.#rules.pricing !== 'market') return;
    for (const kind of this.#rules.kinds) {
      const share = busyShare(kind);
      // A machine at rest because its person uses it says nothing about demand.
      if (share === undefined) continue;
      const next = nextAsk(this.#of(kind), { busyShare: share, elapsedMs }, this.#rules.pricePerUnit[kind]);
      this.#states.set(kind, next);
    }
    onChange();
  }

  #of(kind: JobKind): AskState {
    return this.#states.get(kind) ?? startAsk(this.#rules.pricePerUnit[kind]);
  }
}

function within(price: bigint, least: bigint, most: bigint): bigint {
  if (price < least) return least;
  return price > most ? most : price;
}
