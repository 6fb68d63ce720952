import type { ByteWriter } from '../format/byte-writer.ts';
import { isTakenBlindly } from './nan-consumers.ts';
import { F32_TYPE, F64_TYPE, V128_TYPE, VECTOR_PREFIX } from '../format/opcodes.ts';
import type { FunctionRewriter } from '../rewrite/rewrite-function.ts';

const LOCAL_GET = 0x20;
const LOCAL_TEE = 0x22;
const SELECT = 0x1b;
const F32_CONST = 0x43;
const F64_CONST = 0x44;
const F32_EQ = 0x5b;
const F64_EQ = 0x61;
const V128_CONST = 0x0c;
const F32X4_EQ = 0x41;
const F64X2_EQ = 0x47;
const BITSELECT = 0x52;

/** The positive canonical NaNs (core specification 4.3.3), little-endian: quiet bit set, no payload. */
const F32_NAN = new Uint8Array([0, 0, 0xc0, 0x7f]);
const F64_NAN = new Uint8Array([0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);

/** Makes the float that the instruction just read leaves canonical, unless all NaNs are alike to whatever takes it. */
export function settleScalar(rewriter: FunctionRewriter, type: number): void {
  if (isBlind(rewriter, type)) return;
  canonicalizeScalar(rewriter.out, type, rewriter.locals.of(type));
}

/** The same for a vector's lanes. */
export function settleLanes(rewriter: FunctionRewriter, laneType: number): void {
  if (isBlind(rewriter, laneType)) return;
  canonicalizeLanes(rewriter.out, laneType, rewriter.locals.of(V128_TYPE));
}

function isBlind(rewriter: FunctionRewriter, type: number): boolean {
  const { reader } = rewriter;
  if (isTakenBlindly(reader.bytes, reader.at, reader.end, type)) return true;
  rewriter.flush(reader.at);
  return false;
}

/** Replaces the float on the stack by the canonical NaN when it is a NaN: only a NaN differs from itself. */
function canonicalizeScalar(out: ByteWriter, type: number, local: number): void {
  const nan = type === F32_TYPE ? F32_NAN : F64_NAN;
  out.indexed(LOCAL_TEE, local);
  out.byte(type === F32_TYPE ? F32_CONST : F64_CONST);
  out.copy(nan, 0, nan.byteLength);
  out.indexed(LOCAL_GET, local);
  out.indexed(LOCAL_GET, local);
  out.two(type === F32_TYPE ? F32_EQ : F64_EQ, SELECT);
}

/** The same for each lane of the vector on the stack, without a branch. */
function canonicalizeLanes(out: ByteWriter, laneType: number, local: number): void {
  const nan = laneType === F64_TYPE ? F64_NAN : F32_NAN;
  out.indexed(LOCAL_TEE, local);
  out.two(VECTOR_PREFIX, V128_CONST);
  for (let lane = 0; lane < 16 / nan.byteLength; lane++) out.copy(nan, 0, nan.byteLength);
  out.indexed(LOCAL_GET, local);
  out.indexed(LOCAL_GET, local);
  out.two(VECTOR_PREFIX, laneType === F64_TYPE ? F64X2_EQ : F32X4_EQ);
  out.two(VECTOR_PREFIX, BITSELECT);
}
