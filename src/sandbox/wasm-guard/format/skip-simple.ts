import type { ByteReader } from './byte-reader.ts';
import * as op from './opcodes.ts';
import { MAX_ALIGNMENT } from './read-operands.ts';

/** A LEB128's first byte from here on has another behind it. */
export const LONG_LEB = 0x80;
/** Longest instruction that is stepped over in one go: opcode, alignment, offset of four bytes. */
const MAX_SIMPLE_BYTES = 6;

/**
 * Steps over instructions with short operands, which are most of every program, in one tight loop; how many there were.
 * Whatever is longer, wrong, near the end, a local from `locals` on, or not 0 in `watched`, is left to the caller.
 */
export function skipSimple(reader: ByteReader, locals: number, watched: Uint8Array): number {
  const { bytes, end } = reader;
  const kinds = op.OPCODES;
  let at = reader.at;
  let count = 0;
  for (; at + MAX_SIMPLE_BYTES < end; count++) {
    const opcode = bytes[at]!;
    const kind = kinds[opcode];
    if (kind === op.LOCAL_INDEX) {
      if (bytes[at + 1]! >= locals) break;
      at += 2;
    } else if (kind === op.PLAIN) {
      if (watched[opcode] !== 0) break;
      at++;
    } else if (kind === op.NUMBER_32 || kind === op.MEMORY_ACCESS) {
      let last = at + 1;
      if (kind === op.MEMORY_ACCESS && bytes[last++]! > MAX_ALIGNMENT) break;
      const longest = last + 3;
      while (last < longest && bytes[last]! >= LONG_LEB) last++;
      if (bytes[last]! >= LONG_LEB) break;
      at = last + 1;
    } else break;
  }
  reader.at = at;
  return count;
}

/** Is there a byte like a loop's opcode with the empty block type behind it, between where the reader is and its end? */
export function seemsToLoop({ bytes, at, end }: ByteReader): boolean {
  const body = bytes.subarray(at, end);
  for (let found = body.indexOf(op.LOOP); found >= 0; found = body.indexOf(op.LOOP, found + 1))
    if (body[found + 1] === op.EMPTY_TYPE) return true;
  return false;
}
