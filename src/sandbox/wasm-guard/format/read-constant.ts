import type { ByteReader } from './byte-reader.ts';
import type { ModuleShape } from '../rewrite/module-shape.ts';
import * as op from './opcodes.ts';
import { EXTENDED_CONST, proposalOf } from './proposals.ts';
import { readIndex, readReferenceType } from './read-operands.ts';
import { malformed, opcodeRefused } from '../refusals.ts';

const GLOBAL_GET = 0x23;
const V128_CONST = 0x0c;
/** add, sub and mul of i32 and of i64; reading a global, since none is imported. */
const EXTENDED: readonly number[] = [0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e, GLOBAL_GET];

/** Steps over a constant expression (core specification 3.3.10); extended ones and imported globals are refused. */
export function readConstant(reader: ByteReader, shape: ModuleShape): void {
  for (;;) {
    const start = reader.at;
    const opcode = reader.byte();
    switch (opcode) {
      case op.END:
        return;
      case 0x41:
        reader.skipLeb(5);
        break;
      case 0x42:
        reader.skipLeb(10);
        break;
      case 0x43:
        reader.skip(4);
        break;
      case 0x44:
        reader.skip(8);
        break;
      case op.REF_NULL:
        readReferenceType(reader);
        break;
      case op.REF_FUNC:
        readIndex(reader, shape.functionTypes.length, 'function');
        break;
      case op.VECTOR_PREFIX:
        if (reader.u32() !== V128_CONST) throw malformed('a constant is no constant', start);
        reader.skip(16);
        break;
      default: {
        const proposal = EXTENDED.includes(opcode) ? EXTENDED_CONST : proposalOf(opcode);
        if (proposal !== undefined) throw opcodeRefused([opcode], proposal, start);
        throw malformed('a constant is no constant', start);
      }
    }
  }
}
