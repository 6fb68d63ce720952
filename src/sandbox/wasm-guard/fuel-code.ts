import type { ByteWriter } from './byte-writer.ts';
import { EMPTY_TYPE, END, IF, UNREACHABLE } from './opcodes.ts';

const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const GLOBAL_GET = 0x23;
const GLOBAL_SET = 0x24;
const SELECT = 0x1b;
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const I32_NE = 0x47;
const I64_LT_S = 0x53;
const I64_SUB = 0x7d;
const I64_SHL = 0x86;
const I64_SHR_U = 0x88;
const I64_EXTEND_I32_U = 0xad;
/** −1 as a signed LEB128. */
const MINUS_ONE = 0x7f;

/** One fuel moves so many bytes (as a shift): what an engine copies or fills in the time of an instruction. */
const BYTES_PER_FUEL_SHIFT = 3;
/** A page that memory grows by is cleared, and costs what filling its 64 KiB costs (as a shift). */
const FUEL_PER_PAGE_SHIFT = 13;

/** What a bulk operation's length counts. */
export type LengthUnit = 'bytes' | 'pages' | 'elements';

/**
 * Writes the instructions that charge fuel. In a function without loops the global is charged directly. In one with
 * loops a local holds the fuel (a register in machine code, where a global is a load and a store that the next turn
 * waits for) and is written back wherever the function is left: {@link spill} before, {@link reload} after.
 */
export class FuelCode {
  readonly #out: ByteWriter;
  readonly #global: number;
  #local = 0;
  #hasLoops = false;

  constructor(out: ByteWriter, global: number) {
    this.#out = out;
    this.#global = global;
  }

  begin(local: number, hasLoops: boolean): void {
    this.#local = local;
    this.#hasLoops = hasLoops;
  }

  /** Charges the entry of a function; the place where its cost is filled in later. */
  chargeEntry(): number {
    this.#out.indexed(GLOBAL_GET, this.#global);
    return this.#chargeConstant();
  }

  /** Charges one turn of a loop, at its head; the place where its cost is filled in later. */
  chargeTurn(): number {
    this.#out.indexed(LOCAL_GET, this.#local);
    return this.#chargeConstant();
  }

  #chargeConstant(): number {
    const out = this.#out;
    out.byte(I64_CONST);
    const place = out.reserve();
    this.#subtract();
    return place;
  }

  /** Charges the i32 length on the stack, which stays there; `scratch` is an i32 local of the guard's. */
  chargeLength(unit: LengthUnit, scratch: number): void {
    const out = this.#out;
    out.indexed(LOCAL_TEE, scratch);
    this.#getFuel();
    out.indexed(LOCAL_GET, scratch);
    out.byte(I64_EXTEND_I32_U);
    this.#scale(unit);
    this.#subtract();
  }

  /**
   * Growth pays afterwards, and only when it succeeded: `keepDelta` goes before the instruction, `chargeGrowth` after
   * it. The result stays on the stack; `scratch` and the next are i32 locals of the guard's.
   */
  keepDelta(scratch: number): void {
    this.#out.indexed(LOCAL_TEE, scratch);
  }

  chargeGrowth(unit: LengthUnit, scratch: number): void {
    const out = this.#out;
    out.indexed(LOCAL_TEE, scratch + 1);
    this.#getFuel();
    out.indexed(LOCAL_GET, scratch);
    out.two(I32_CONST, 0);
    out.indexed(LOCAL_GET, scratch + 1);
    out.two(I32_CONST, MINUS_ONE);
    out.two(I32_NE, SELECT);
    out.byte(I64_EXTEND_I32_U);
    this.#scale(unit);
    this.#subtract();
  }

  /** Writes the fuel back before the function is left, for a while or for good. Needs nothing of the stack. */
  spill(): void {
    if (!this.#hasLoops) return;
    this.#out.indexed(LOCAL_GET, this.#local);
    this.#out.indexed(GLOBAL_SET, this.#global);
  }

  reload(): void {
    if (!this.#hasLoops) return;
    this.#out.indexed(GLOBAL_GET, this.#global);
    this.#out.indexed(LOCAL_SET, this.#local);
  }

  #getFuel(): void {
    if (this.#hasLoops) this.#out.indexed(LOCAL_GET, this.#local);
    else this.#out.indexed(GLOBAL_GET, this.#global);
  }

  #scale(unit: LengthUnit): void {
    if (unit === 'elements') return;
    this.#out.two(I64_CONST, unit === 'bytes' ? BYTES_PER_FUEL_SHIFT : FUEL_PER_PAGE_SHIFT);
    this.#out.byte(unit === 'bytes' ? I64_SHR_U : I64_SHL);
  }

  /** Takes fuel and cost from the stack, keeps what is left, and traps when that is below 0. */
  #subtract(): void {
    const out = this.#out;
    out.byte(I64_SUB);
    out.indexed(LOCAL_TEE, this.#local);
    if (!this.#hasLoops) {
      out.indexed(GLOBAL_SET, this.#global);
      out.indexed(LOCAL_GET, this.#local);
    }
    out.two(I64_CONST, 0);
    out.byte(I64_LT_S);
    out.two(IF, EMPTY_TYPE);
    this.spill();
    out.two(UNREACHABLE, END);
  }
}
