import type { ByteWriter } from '../format/byte-writer.ts';
import { EMPTY_TYPE, END, IF, UNREACHABLE } from '../format/opcodes.ts';

const LOCAL_GET = 0x20;
const GLOBAL_SET = 0x24;
const I32_CONST = 0x41;
const I32_EQ = 0x46;
const I32_LE_U = 0x4d;
const I32_SUB = 0x6b;
const YES = 1;
/** −1 as a signed LEB128: what growth results in when it failed. */
const FAILED = 0x7f;

/** One `memory.grow` or `table.grow`. */
export interface Growth {
  /** The guard's i32 locals that hold what was asked for, and what came of it. */
  readonly delta: number;
  readonly result: number;
  /** To where it may grow: below 2³¹ pages or elements. */
  readonly maximum: number;
  /** The instruction that tells the size, whole. */
  readonly size: readonly number[];
  /** The global that tells of it, see `DENIED_EXPORT`. */
  readonly deniedGlobal: number;
}

/**
 * Ends the guest where the engine denied growth that its maximum allows (core specification 4.6.8 lets it): going on
 * with −1, it would compute something else on this device than where there was memory. Growth beyond the maximum is −1
 * on every device, and stays. Needs nothing of the stack and burns no fuel.
 */
export function writeGrowthCheck(out: ByteWriter, growth: Growth): void {
  out.indexed(LOCAL_GET, growth.result);
  out.two(I32_CONST, FAILED);
  out.byte(I32_EQ);
  out.two(IF, EMPTY_TYPE);
  out.indexed(LOCAL_GET, growth.delta);
  out.byte(I32_CONST);
  out.fill(out.reserve(), growth.maximum);
  for (const byte of growth.size) out.byte(byte);
  // Never below 0: nothing grows beyond its maximum.
  out.byte(I32_SUB);
  out.byte(I32_LE_U);
  out.two(IF, EMPTY_TYPE);
  out.two(I32_CONST, YES);
  out.indexed(GLOBAL_SET, growth.deniedGlobal);
  out.byte(UNREACHABLE);
  out.two(END, END);
}
