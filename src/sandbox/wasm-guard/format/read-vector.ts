import type { ByteReader } from './byte-reader.ts';
import * as op from './opcodes.ts';
import { prefixedProposalOf } from './proposals.ts';
import { readMemoryAccess } from './read-operands.ts';
import { opcodeRefused } from '../refusals.ts';

/**
 * Reads an instruction after the prefix 0xfd, whose number comes next. Returns the type of its result's lanes when
 * they can be NaNs of open bits, else 0.
 */
export function readVector(reader: ByteReader, functionIndex: number, start: number): number {
  const opcode = reader.u32();
  switch (opcode < op.VECTOR_OPCODES.length ? op.VECTOR_OPCODES[opcode] : op.REFUSED) {
    case op.PLAIN:
      return op.VECTOR_NAN_RESULTS[opcode]!;
    case op.MEMORY_ACCESS:
      readMemoryAccess(reader, functionIndex);
      return 0;
    case op.LANE_ACCESS:
      readMemoryAccess(reader, functionIndex);
      reader.skip(1);
      return 0;
    case op.BYTES_1:
      reader.skip(1);
      return 0;
    case op.BYTES_16:
      reader.skip(16);
      return 0;
    default:
      throw opcodeRefused(
        [op.VECTOR_PREFIX, opcode],
        prefixedProposalOf(op.VECTOR_PREFIX, opcode),
        start,
        functionIndex,
      );
  }
}
