import { KilnError } from '../../base/errors.ts';

/** A field of a message: a whole number, or the bytes of a text, a message or packed numbers. */
export type ProtoValue =
  | { readonly field: number; readonly kind: 'number'; readonly value: bigint }
  | { readonly field: number; readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly field: number; readonly kind: 'fixed' };

const MAX_VARINT_BYTES = 10;
/** Bytes of the wire types with a fixed length (protobuf.dev, "Encoding"). */
const FIXED_BYTES: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** The fields of a message, one after another; throws `sandbox/refused` where the bytes are no protocol buffer. */
export function* readFields(bytes: Uint8Array): Generator<ProtoValue> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES && at < bytes.byteLength; i++) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return value;
    }
    throw malformed(at);
  };
  while (at < bytes.byteLength) {
    const tag = varint();
    const field = Number(tag >> 3n);
    const wireType = Number(tag & 7n);
    if (field < 1) throw malformed(at);
    if (wireType === 0) {
      yield { field, kind: 'number', value: varint() };
      continue;
    }
    const length = wireType === 2 ? varint() : BigInt(FIXED_BYTES[wireType] ?? -1);
    if (length < 0n || length > BigInt(bytes.byteLength - at)) throw malformed(at);
    const end = at + Number(length);
    if (wireType === 2) yield { field, kind: 'bytes', bytes: bytes.subarray(at, end) };
    else yield { field, kind: 'fixed' };
    at = end;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });
/** Longest name that is read; longer ones are no names. */
const MAX_TEXT_BYTES = 4_096;

/** A text of the model; throws `sandbox/refused` when it is none. */
export function readText(bytes: Uint8Array): string {
  try {
    if (bytes.byteLength <= MAX_TEXT_BYTES) return decoder.decode(bytes);
  } catch {
    // Told below.
  }
  throw new KilnError('sandbox/refused', 'The model holds a name that is no text.', {
    hint: 'Export the model again.',
  });
}

/** Most numbers of one field that are read: they are dimensions. */
const MAX_NUMBERS = 64;

/** Whole numbers of a repeated field: one each, or packed into bytes. Throws `sandbox/refused` when there are too many. */
export function readNumbers(value: ProtoValue): bigint[] {
  if (value.kind === 'number') return [value.value];
  if (value.kind === 'fixed') return [];
  if (value.bytes.byteLength > MAX_NUMBERS * MAX_VARINT_BYTES) throw malformed(0);
  const numbers: bigint[] = [];
  let current = 0n;
  let shift = 0n;
  for (const byte of value.bytes) {
    if (shift >= 70n) throw malformed(0);
    current |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    numbers.push(current);
    current = 0n;
    shift = 0n;
  }
  if (shift > 0n) throw malformed(0);
  return numbers;
}

function malformed(at: number): KilnError {
  return new KilnError('sandbox/refused', `The model is no ONNX file, or was cut short (near byte ${at}).`, {
    data: { at },
    hint: 'Give the whole .onnx file, as the exporter wrote it.',
  });
}
