import { type Bytes, concat } from '../../base/bytes.ts';
import { bytesField, floatField, numberField, type ProtoField } from './write-proto.ts';

/** ONNX's numbers for element types (onnx.proto, `TensorProto.DataType`). */
export const DATA_TYPES = { f32: 1, u8: 2, i32: 6, i64: 7, bool: 9 } as const;
type DataType = keyof typeof DATA_TYPES;

/** What the model takes or gives; a dimension that is a text is a symbol such as `batch`. */
export interface ModelValue {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly (number | string)[];
}

/** Constants of the model: trained weights, shapes. */
export interface ModelWeights {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** What a node is told beside its tensors; whole numbers are `INT`, `{ float }` is `FLOAT`. */
export type ModelAttribute = number | readonly number[] | { readonly float: number } | ModelGraph;

export interface ModelNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, ModelAttribute>>;
  /** Whose operator it is. @default ONNX's own */
  readonly domain?: string;
}

export interface ModelGraph {
  readonly name: string;
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  readonly weights: readonly ModelWeights[];
  readonly nodes: readonly ModelNode[];
}

/** Version of the file format; 8 came with operator set 16. */
const IR_VERSION = 8;

/**
 * A model as the bytes of an ONNX file (github.com/onnx/onnx, onnx.proto).
 *
 * @example
 * writeModel({ name: 'twice', inputs, outputs, weights: [], nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }] }, 13);
 */
export function writeModel(graph: ModelGraph, operatorSet: number): Bytes {
  return concat([
    numberField(1, IR_VERSION),
    bytesField(2, 'kiln'),
    bytesField(7, graphFields(graph)),
    bytesField(8, [bytesField(1, ''), numberField(2, operatorSet)]),
  ]);
}

function graphFields({ name, inputs, outputs, weights, nodes }: ModelGraph): ProtoField[] {
  return [
    ...nodes.map((node) => bytesField(1, nodeFields(node))),
    bytesField(2, name),
    ...weights.map((tensor) => bytesField(5, weightFields(tensor))),
    ...inputs.map((value) => bytesField(11, valueFields(value))),
    ...outputs.map((value) => bytesField(12, valueFields(value))),
  ];
}

function nodeFields({ op, inputs, outputs, attributes, domain }: ModelNode): ProtoField[] {
  return [
    ...inputs.map((input) => bytesField(1, input)),
    ...outputs.map((output) => bytesField(2, output)),
    bytesField(4, op),
    ...Object.entries(attributes ?? {}).map(([name, value]) => bytesField(5, attributeFields(name, value))),
    ...(domain === undefined ? [] : [bytesField(7, domain)]),
  ];
}

/** `AttributeProto.AttributeType` is field 20: FLOAT 1, INT 2, GRAPH 5, INTS 7. */
function attributeFields(name: string, value: ModelAttribute): ProtoField[] {
  const named = bytesField(1, name);
  if (typeof value === 'number') return [named, numberField(3, value), numberField(20, 2)];
  if ('float' in value) return [named, floatField(2, value.float), numberField(20, 1)];
  if ('nodes' in value) return [named, bytesField(6, graphFields(value)), numberField(20, 5)];
  return [named, ...value.map((item) => numberField(8, item)), numberField(20, 7)];
}

function weightFields({ name, shape, data }: ModelWeights): ProtoField[] {
  return [
    ...shape.map((size) => numberField(1, size)),
    numberField(2, data instanceof Float32Array ? DATA_TYPES.f32 : DATA_TYPES.i64),
    bytesField(8, name),
    bytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

function valueFields({ name, type, shape }: ModelValue): ProtoField[] {
  const dimensions = shape.map((size) =>
    bytesField(1, [typeof size === 'number' ? numberField(1, size) : bytesField(2, size)]),
  );
  const tensor = [numberField(1, DATA_TYPES[type]), bytesField(2, dimensions)];
  return [bytesField(1, name), bytesField(2, [bytesField(1, tensor)])];
}
