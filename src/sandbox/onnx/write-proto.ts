import { type Bytes, concat, utf8 } from '../../base/bytes.ts';

/** A field of a protocol buffer message, encoded (protobuf.dev, "Encoding"). */
export type ProtoField = Bytes;

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** A field with a whole number of at most 53 bits, or a signed 64-bit one as bigint. */
export function numberField(field: number, value: number | bigint): ProtoField {
  return concat([varint(BigInt(field * 8 + VARINT)), varint(BigInt.asUintN(64, BigInt(value)))]);
}

/** A field with bytes, a text, or a message made of its fields. */
export function bytesField(field: number, value: Uint8Array | string | readonly ProtoField[]): ProtoField {
  const bytes = typeof value === 'string' ? utf8(value) : value instanceof Uint8Array ? value : concat(value);
  return concat([varint(BigInt(field * 8 + LENGTH_DELIMITED)), varint(BigInt(bytes.byteLength)), bytes]);
}

/** A field with a 32-bit float. */
export function floatField(field: number, value: number): ProtoField {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concat([varint(BigInt(field * 8 + FIXED_32)), bytes]);
}

function varint(value: bigint): Bytes {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}
