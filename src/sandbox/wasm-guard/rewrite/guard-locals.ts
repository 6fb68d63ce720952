import type { ByteWriter } from '../format/byte-writer.ts';
import { I32_TYPE, I64_TYPE } from '../format/opcodes.ts';

/** Two i32 for lengths and results; with canonical NaNs also an f32, an f64 and a v128. */
const SLOTS = 1;
const SLOTS_WITH_NANS = 4;
const I32_COUNT = 2;

/**
 * The locals that the guard adds behind a function's own, so that none of those moves. Which ones are needed shows only
 * while the body is read, so empty declarations (core specification 5.4.13 allows a count of 0) wait to be filled in.
 */
export class GuardLocals {
  readonly #out: ByteWriter;
  /** Declarations beside the fuel's. */
  readonly #slots: number;
  #nextSlot = 0;
  #nextLocal = 0;
  readonly #byType = new Map<number, number>();

  constructor(out: ByteWriter, hasNans: boolean) {
    this.#out = out;
    this.#slots = hasNans ? SLOTS_WITH_NANS : SLOTS;
  }

  /** How many declarations {@link begin} writes. */
  get declarations(): number {
    return 1 + this.#slots;
  }

  /** Writes the declarations of a function whose own locals end before `first`; the local that holds fuel is `first`. */
  begin(first: number): void {
    if (this.#byType.size > 0) this.#byType.clear();
    this.#out.two(1, I64_TYPE);
    this.#nextLocal = first + 1;
    this.#nextSlot = this.#out.length;
    for (let slot = 0; slot < this.#slots; slot++) this.#out.two(0, I32_TYPE);
  }

  /** The local of a type; of i32 there are two, this and the next. */
  of(type: number): number {
    const known = this.#byType.get(type);
    if (known !== undefined) return known;
    const local = this.#nextLocal;
    const count = type === I32_TYPE ? I32_COUNT : 1;
    this.#out.patch(this.#nextSlot, count);
    this.#out.patch(this.#nextSlot + 1, type);
    this.#nextSlot += 2;
    this.#nextLocal += count;
    this.#byType.set(type, local);
    return local;
  }
}
