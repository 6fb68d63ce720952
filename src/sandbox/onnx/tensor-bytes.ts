import { type Bytes, copyBytes } from '../../base/bytes.ts';
import { TENSOR_ELEMENT_BYTES, type TensorInput, type TensorType } from '../../protocol/manifest.ts';

/** What onnxruntime-web calls our element types. */
export const RUNTIME_TYPES = { u8: 'uint8', i32: 'int32', f32: 'float32', i64: 'int64' } as const;

/** The typed array that the runtime takes. */
export type TensorData = Uint8Array | Int32Array | Float32Array | BigInt64Array;

/** An input's bytes as elements (little-endian, as on every device with WebAssembly), with `fromBytes` applied: byte × scale + offset, each step rounded to f32. */
export function toTensorData({ type, fromBytes }: TensorInput, bytes: Bytes): TensorData {
  if (fromBytes === undefined) return viewOf(type, bytes);
  const scale = Math.fround(fromBytes.scale);
  const offset = Math.fround(fromBytes.offset);
  const byValue = Float32Array.from({ length: 256 }, (_, value) => Math.fround(value * scale) + offset);
  return Float32Array.from(bytes, (value) => byValue[value]!);
}

function viewOf(type: TensorType, bytes: Bytes): TensorData {
  const { buffer, byteOffset, byteLength } =
    bytes.byteOffset % TENSOR_ELEMENT_BYTES[type] === 0 ? bytes : copyBytes(bytes);
  const length = byteLength / TENSOR_ELEMENT_BYTES[type];
  if (type === 'u8') return new Uint8Array(buffer, byteOffset, length);
  if (type === 'i32') return new Int32Array(buffer, byteOffset, length);
  if (type === 'f32') return new Float32Array(buffer, byteOffset, length);
  return new BigInt64Array(buffer, byteOffset, length);
}
