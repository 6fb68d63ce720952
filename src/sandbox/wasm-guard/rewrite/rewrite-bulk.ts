import type { LengthUnit } from './fuel-code.ts';
import { type Growth, writeGrowthCheck } from './growth-check.ts';
import * as op from '../format/opcodes.ts';
import { prefixedProposalOf } from '../format/proposals.ts';
import { readIndex, readMemoryIndex } from '../format/read-operands.ts';
import { opcodeRefused } from '../refusals.ts';
import type { FunctionRewriter } from './rewrite-function.ts';

/** Copying and filling call into the engine: what that costs before the first byte. */
const BULK_COST = 16;
const TABLE_GROW_COST = 64;
/** Growing a memory also renews the engine's views of it. */
const MEMORY_GROW_COST = 256;

/** Reads an instruction after the prefix 0xfc, whose number comes next; charges bulk operations by their length. */
export function rewriteBulk(rewriter: FunctionRewriter, start: number): void {
  const { reader, index, shape } = rewriter;
  const opcode = reader.u32();
  if (opcode <= op.LAST_SATURATING) return;
  switch (opcode) {
    case op.MEMORY_INIT:
      reader.u32();
      readMemoryIndex(reader, index);
      return chargeLength(rewriter, 'bytes', start);
    case op.MEMORY_COPY:
      readMemoryIndex(reader, index);
      readMemoryIndex(reader, index);
      return chargeLength(rewriter, 'bytes', start);
    case op.MEMORY_FILL:
      readMemoryIndex(reader, index);
      return chargeLength(rewriter, 'bytes', start);
    case op.DATA_DROP:
    case op.ELEM_DROP:
      reader.u32();
      return;
    case op.TABLE_INIT:
      reader.u32();
      readIndex(reader, shape.tables, 'table');
      return chargeLength(rewriter, 'elements', start);
    case op.TABLE_COPY:
      readIndex(reader, shape.tables, 'table');
      readIndex(reader, shape.tables, 'table');
      return chargeLength(rewriter, 'elements', start);
    case op.TABLE_FILL:
      readIndex(reader, shape.tables, 'table');
      return chargeLength(rewriter, 'elements', start);
    case op.TABLE_GROW:
      return rewriteTableGrow(rewriter, start);
    case op.TABLE_SIZE:
      readIndex(reader, shape.tables, 'table');
      return;
    default:
      throw opcodeRefused(
        [op.BULK_PREFIX, opcode],
        prefixedProposalOf(op.BULK_PREFIX, opcode),
        start,
        rewriter.index,
      );
  }
}

/** Reads `memory.grow`, charges the pages that it gave, and ends the guest when the engine denied some it may have. */
export function rewriteMemoryGrow(rewriter: FunctionRewriter, start: number): void {
  const { reader, index, shape } = rewriter;
  readMemoryIndex(reader, index);
  const growth = { maximum: shape.memoryMaximum, size: [op.MEMORY_SIZE, 0] };
  rewriteGrowth(rewriter, growth, 'pages', MEMORY_GROW_COST, start);
}

/** The same for `table.grow` and elements. */
function rewriteTableGrow(rewriter: FunctionRewriter, start: number): void {
  const { reader, shape } = rewriter;
  const table = readIndex(reader, shape.tables, 'table');
  // At most 100 tables: the index is one byte.
  const growth = { maximum: shape.tableMaxima[table]!, size: [op.BULK_PREFIX, op.TABLE_SIZE, table] };
  rewriteGrowth(rewriter, growth, 'elements', TABLE_GROW_COST, start);
}

function chargeLength(rewriter: FunctionRewriter, unit: LengthUnit, start: number): void {
  const { regions, fuel, locals } = rewriter;
  if (!regions.isLive) return;
  regions.add(BULK_COST);
  rewriter.flush(start);
  fuel.chargeLength(unit, locals.of(op.I32_TYPE));
}

function rewriteGrowth(
  rewriter: FunctionRewriter,
  growth: Pick<Growth, 'maximum' | 'size'>,
  unit: LengthUnit,
  cost: number,
  start: number,
): void {
  const { reader, out, shape, regions, fuel, locals } = rewriter;
  if (!regions.isLive) return;
  regions.add(cost);
  const scratch = locals.of(op.I32_TYPE);
  rewriter.flush(start);
  fuel.keepDelta(scratch);
  rewriter.flush(reader.at);
  fuel.chargeGrowth(unit, scratch);
  writeGrowthCheck(out, {
    ...growth,
    delta: scratch,
    result: scratch + 1,
    deniedGlobal: shape.globals + 1,
  });
}
