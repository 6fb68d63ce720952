import { ByteWriter } from '../format/byte-writer.ts';
import { EMPTY_TYPE, END, IF, UNREACHABLE } from '../format/opcodes.ts';

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

/** What is written again and again in functions of the same shape. */
interface Sequences {
  readonly spill: Uint8Array;
  readonly reload: Uint8Array;
  /** Takes fuel and cost from the stack, keeps what is left, and traps when that is below 0. */
  readonly subtract: Uint8Array;
  /** Charges a constant that is not known yet, and where in the sequence it stands. */
  readonly entry: Uint8Array;
  readonly entryPlace: number;
  readonly turn: Uint8Array;
  readonly turnPlace: number;
}

/** Sequences that are kept; a module's functions have few different numbers of locals. */
const MAX_KEPT = 2_048;
const SEQUENCE_BYTES = 64;

/**
 * Writes the instructions that charge fuel. In a function without loops the global is charged directly. In one with
 * loops a local holds the fuel (a register in machine code, where a global is a load and a store that the next turn
 * waits for) and is written back wherever the function is left: {@link spill} before, {@link reload} after.
 */
export class FuelCode {
  readonly #out: ByteWriter;
  readonly #global: number;
  readonly #kept = new Map<number, Sequences>();
  #sequences: Sequences;
  #local = 0;
  #hasLoops = false;

  constructor(out: ByteWriter, global: number) {
    this.#out = out;
    this.#global = global;
    this.#sequences = makeSequences(global, 0, false);
  }

  begin(local: number, hasLoops: boolean): void {
    this.#local = local;
    this.#hasLoops = hasLoops;
    const key = 2 * local + (hasLoops ? 1 : 0);
    const kept = this.#kept.get(key);
    this.#sequences = kept ?? makeSequences(this.#global, local, hasLoops);
    if (kept === undefined && this.#kept.size < MAX_KEPT) this.#kept.set(key, this.#sequences);
  }

  /** Charges the entry of a function; the place where its cost is filled in later. */
  chargeEntry(): number {
    const { entry, entryPlace } = this.#sequences;
    const at = this.#out.length;
    this.#out.append(entry);
    return at + entryPlace;
  }

  /** Charges one turn of a loop, at its head; the place where its cost is filled in later. */
  chargeTurn(): number {
    const { turn, turnPlace } = this.#sequences;
    const at = this.#out.length;
    this.#out.append(turn);
    return at + turnPlace;
  }

  /** Charges the i32 length on the stack, which stays there; `scratch` is an i32 local of the guard's. */
  chargeLength(unit: LengthUnit, scratch: number): void {
    const out = this.#out;
    out.indexed(LOCAL_TEE, scratch);
    this.#getFuel();
    out.indexed(LOCAL_GET, scratch);
    out.byte(I64_EXTEND_I32_U);
    this.#scale(unit);
    out.append(this.#sequences.subtract);
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
    out.append(this.#sequences.subtract);
  }

  /** Writes the fuel back before the function is left, for a while or for good. Needs nothing of the stack. */
  spill(): void {
    this.#out.append(this.#sequences.spill);
  }

  reload(): void {
    this.#out.append(this.#sequences.reload);
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
}

function makeSequences(global: number, local: number, hasLoops: boolean): Sequences {
  const make = (write: (out: ByteWriter) => void): Uint8Array => {
    const out = new ByteWriter(SEQUENCE_BYTES, SEQUENCE_BYTES);
    write(out);
    return out.finish();
  };
  const spill = make((out) => {
    if (!hasLoops) return;
    out.indexed(LOCAL_GET, local);
    out.indexed(GLOBAL_SET, global);
  });
  const reload = make((out) => {
    if (!hasLoops) return;
    out.indexed(GLOBAL_GET, global);
    out.indexed(LOCAL_SET, local);
  });
  const subtract = make((out) => {
    out.byte(I64_SUB);
    out.indexed(LOCAL_TEE, local);
    if (!hasLoops) {
      out.indexed(GLOBAL_SET, global);
      out.indexed(LOCAL_GET, local);
    }
    out.two(I64_CONST, 0);
    out.byte(I64_LT_S);
    out.two(IF, EMPTY_TYPE);
    out.append(spill);
    out.two(UNREACHABLE, END);
  });
  const charge = (from: number, index: number) => {
    let place = 0;
    const bytes = make((out) => {
      out.indexed(from, index);
      out.byte(I64_CONST);
      place = out.reserve();
      out.append(subtract);
    });
    return { bytes, place };
  };
  const entry = charge(GLOBAL_GET, global);
  const turn = charge(LOCAL_GET, local);
  return {
    spill,
    reload,
    subtract,
    entry: entry.bytes,
    entryPlace: entry.place,
    turn: turn.bytes,
    turnPlace: turn.place,
  };
}
