import { GuestFault } from '../../messages.ts';
import { FUEL_EXPORT } from '../../wasm-guard/reserved-exports.ts';

/** The fuel of one instance: what it was given, and what it burnt. See {@link FUEL_EXPORT} for what the global holds. */
export class FuelTank {
  readonly #left: WebAssembly.Global<'i64'>;
  readonly #given: number;

  /** Fills the tank of a guarded instance. */
  constructor(exports: WebAssembly.Exports, units: number) {
    const global = exports[FUEL_EXPORT];
    if (!(global instanceof WebAssembly.Global))
      throw new GuestFault('refused', 'The module was not guarded.');
    this.#left = global as WebAssembly.Global<'i64'>;
    this.#left.value = BigInt(units);
    this.#given = units;
  }

  /** Did a charge fail? */
  get isSpent(): boolean {
    return this.#left.value < 0n;
  }

  /** Units burnt so far: the same on every device. All that was given when it is spent. */
  get used(): number {
    const left = this.#left.value;
    return left < 0n ? this.#given : this.#given - Number(left);
  }
}
