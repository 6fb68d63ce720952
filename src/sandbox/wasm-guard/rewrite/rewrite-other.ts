import { settleLanes } from '../nans/canonical-nans.ts';
import * as op from '../format/opcodes.ts';
import { readMemoryIndex, readReferenceType, readValueType } from '../format/read-operands.ts';
import { readVector } from '../format/read-vector.ts';
import { malformed } from '../refusals.ts';
import { rewriteBulk, rewriteMemoryGrow } from './rewrite-bulk.ts';
import type { FunctionRewriter } from './rewrite-function.ts';

/** Instructions that are neither plain nor control: typed select, null references, memory size and growth, prefixes. */
export function rewriteOther(rewriter: FunctionRewriter, opcode: number, start: number): void {
  const { reader, index } = rewriter;
  switch (opcode) {
    case op.SELECT_TYPED:
      if (reader.u32() !== 1) throw malformed('a select has not exactly one type', start);
      readValueType(reader);
      break;
    case op.REF_NULL:
      readReferenceType(reader);
      break;
    case op.MEMORY_SIZE:
      readMemoryIndex(reader, index);
      break;
    case op.MEMORY_GROW:
      rewriteMemoryGrow(rewriter, start);
      break;
    case op.BULK_PREFIX:
      rewriteBulk(rewriter, start);
      break;
    case op.VECTOR_PREFIX: {
      const laneType = readVector(reader, index, start);
      if (rewriter.hasNans && laneType !== 0) settleLanes(rewriter, laneType);
    }
  }
  rewriter.regions.add(1);
}
