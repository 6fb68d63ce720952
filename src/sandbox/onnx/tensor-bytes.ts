import { type Bytes, copyBytes } from '../../base/bytes.ts';
import type { TensorInput, TensorType } from '../../protocol/manifest.ts';

/** Bytes of one element; all are little-endian, as on every device with WebAssembly. */
export const ELEMENT_BYTES: Readonly<Record<TensorType, number>> = { u8: 1, i32: 4, f32: 4, i64: 8 };

/** What onnxruntime-web calls our element types. */
export const RUNTIME_TYPES = { u8: 'uint8', i32: 'int32', f32: 'float32', i64: 'int64' } as const;

/** The typed array that the runtime takes. */
export type TensorData = Uint8Array | Int32Array | Float32Array | BigInt64Array;

/** An input's bytes as elements, with `fromBytes` applied: byte × scale + offset, each step rounded to f32. */
export function toTensorData({ type, fromBytes }: TensorInput, bytes: Bytes): TensorData {
  if (fromBytes === undefined) return viewOf(type, bytes);
  const scale = Math.fround(fromBytes.scale);
  const offset = Math.fround(fromBytes.offset);
  const byValue = Float32Array.from({ length: 256 }, (_, value) => Math.fround(value * scale) + offset);
  return Float32Array.from(bytes, (value) => byValue[value]!);
}

function viewOf(type: TensorType, bytes: Bytes): TensorData {
  const { buffer, byteOffset, byteLength } =
    bytes.byteOffset % ELEMENT_BYTES[type] === 0 ? bytes : copyBytes(bytes);
  const length = byteLength / ELEMENT_BYTES[type];
  if (type === 'u8') return new Uint8Array(buffer, byteOffset, length);
  if (type === 'i32') return new Int32Array(buffer, byteOffset, length);
  if (type === 'f32') return new Float32Array(buffer, byteOffset, length);
  return new BigInt64Array(buffer, byteOffset, length);
}
