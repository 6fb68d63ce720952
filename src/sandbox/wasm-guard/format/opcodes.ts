/*
 * The allow-list: every instruction a guest may use, by what follows its opcode (core specification 5.4). MVP,
 * sign extension, saturating conversions, multi-value, bulk memory, reference types, SIMD128; nothing else.
 */

/** Not in the list. */
export const REFUSED = 0;
/** Nothing follows. */
export const PLAIN = 1;
/** Alignment and offset. */
export const MEMORY_ACCESS = 2;
export const LOCAL_INDEX = 3;
export const GLOBAL_INDEX = 4;
export const TABLE_INDEX = 5;
export const FUNCTION_INDEX = 6;
/** A signed number of 32 bits, of 64 bits. */
export const NUMBER_32 = 7;
export const NUMBER_64 = 8;
/** A number of plain bytes (floats, vectors, lanes). */
export const BYTES_1 = 9;
export const BYTES_4 = 10;
export const BYTES_8 = 11;
export const BYTES_16 = 12;
/** Alignment, offset, lane. */
export const LANE_ACCESS = 13;
/** Whatever needs code of its own: control, calls, growth, `select t`, `ref.null`, prefixes. */
export const SPECIAL = 14;

export const UNREACHABLE = 0x00;
export const NOP = 0x01;
export const BLOCK = 0x02;
export const LOOP = 0x03;
export const IF = 0x04;
export const ELSE = 0x05;
export const END = 0x0b;
export const BR = 0x0c;
export const BR_IF = 0x0d;
export const BR_TABLE = 0x0e;
export const RETURN = 0x0f;
export const CALL = 0x10;
export const CALL_INDIRECT = 0x11;
export const SELECT_TYPED = 0x1c;
export const MEMORY_SIZE = 0x3f;
export const MEMORY_GROW = 0x40;
export const REF_NULL = 0xd0;
export const REF_FUNC = 0xd2;
export const BULK_PREFIX = 0xfc;
export const VECTOR_PREFIX = 0xfd;

/** Empty block type; value types (core specification 5.3). */
export const EMPTY_TYPE = 0x40;
export const I32_TYPE = 0x7f;
export const I64_TYPE = 0x7e;
export const F32_TYPE = 0x7d;
export const F64_TYPE = 0x7c;
export const V128_TYPE = 0x7b;
export const FUNCREF_TYPE = 0x70;
export const EXTERNREF_TYPE = 0x6f;

/** Is it one of the value types of the allow-list? */
export function isValueType(type: number): boolean {
  return (type >= V128_TYPE && type <= I32_TYPE) || isReferenceType(type);
}

/** Is it a reference of the allow-list? */
export function isReferenceType(type: number): boolean {
  return type === FUNCREF_TYPE || type === EXTERNREF_TYPE;
}

type Range = readonly [first: number, last: number, kind: number];

function table(ranges: readonly Range[]): Uint8Array {
  const kinds = new Uint8Array(256);
  for (const [first, last, kind] of ranges) kinds.fill(kind, first, last + 1);
  return kinds;
}

/** Opcodes of one byte. */
export const OPCODES = table([
  [UNREACHABLE, ELSE, SPECIAL],
  [END, CALL_INDIRECT, SPECIAL],
  [0x1a, 0x1b, PLAIN],
  [SELECT_TYPED, SELECT_TYPED, SPECIAL],
  [0x20, 0x22, LOCAL_INDEX],
  [0x23, 0x24, GLOBAL_INDEX],
  [0x25, 0x26, TABLE_INDEX],
  [0x28, 0x3e, MEMORY_ACCESS],
  [MEMORY_SIZE, MEMORY_GROW, SPECIAL],
  [0x41, 0x41, NUMBER_32],
  [0x42, 0x42, NUMBER_64],
  [0x43, 0x43, BYTES_4],
  [0x44, 0x44, BYTES_8],
  [0x45, 0xc4, PLAIN],
  [REF_NULL, REF_NULL, SPECIAL],
  [0xd1, 0xd1, PLAIN],
  [REF_FUNC, REF_FUNC, FUNCTION_INDEX],
  [BULK_PREFIX, VECTOR_PREFIX, SPECIAL],
]);

/** Numbers after the vector prefix 0xfd (core specification 5.4.9); 0x100 and above are relaxed SIMD. */
export const VECTOR_OPCODES = table([
  [0x00, 0x0b, MEMORY_ACCESS],
  [0x0c, 0x0d, BYTES_16],
  [0x0e, 0x14, PLAIN],
  [0x15, 0x22, BYTES_1],
  [0x23, 0x53, PLAIN],
  [0x54, 0x5b, LANE_ACCESS],
  [0x5c, 0x5d, MEMORY_ACCESS],
  [0x5e, 0xff, PLAIN],
  // Numbers between them that are not defined.
  ...[
    0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3,
    0xd4, 0xe2, 0xee,
  ].map((opcode): Range => [opcode, opcode, REFUSED]),
]);

/** Numbers after the prefix 0xfc: saturating conversions, then bulk memory and tables. */
export const LAST_SATURATING = 0x07;
export const MEMORY_INIT = 0x08;
export const DATA_DROP = 0x09;
export const MEMORY_COPY = 0x0a;
export const MEMORY_FILL = 0x0b;
export const TABLE_INIT = 0x0c;
export const ELEM_DROP = 0x0d;
export const TABLE_COPY = 0x0e;
export const TABLE_GROW = 0x0f;
export const TABLE_SIZE = 0x10;
export const TABLE_FILL = 0x11;

/**
 * What an instruction's result is when it can be a NaN whose bits the specification leaves open (4.3.3, "NaN
 * propagation"): the value type of a scalar, or of a vector's lanes; 0 for every other instruction.
 */
export const NAN_RESULTS = table([
  [0x8d, 0x97, F32_TYPE], // ceil to max; abs, neg and copysign only move bits
  [0x9b, 0xa5, F64_TYPE],
  [0xb6, 0xb6, F32_TYPE], // demote
  [0xbb, 0xbb, F64_TYPE], // promote
]);

/** The same after the vector prefix. pmin and pmax return one operand as it is. */
export const VECTOR_NAN_RESULTS = table([
  [0x5e, 0x5e, F32_TYPE],
  [0x5f, 0x5f, F64_TYPE],
  [0x67, 0x6a, F32_TYPE],
  [0x74, 0x75, F64_TYPE],
  [0x7a, 0x7a, F64_TYPE],
  [0x94, 0x94, F64_TYPE],
  [0xe3, 0xe9, F32_TYPE],
  [0xef, 0xf5, F64_TYPE],
]);
