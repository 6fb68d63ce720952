import type { Bytes } from '../../base/bytes.ts';
import { type ModelGraph, writeModel } from './write-model.ts';

/** The operator set of the models below. */
const OPERATOR_SET = 13;

/** `y = x × w + b`: f32[rows, 3] to f32[rows, 2]. */
export function denseModel(rows: number | string = 'rows'): Bytes {
  const graph: ModelGraph = {
    name: 'dense',
    inputs: [{ name: 'x', type: 'f32', shape: [rows, 3] }],
    outputs: [{ name: 'y', type: 'f32', shape: [rows, 2] }],
    weights: [
      { name: 'w', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      { name: 'b', shape: [2], data: Float32Array.of(0.5, -0.5) },
    ],
    nodes: [{ op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['y'] }],
  };
  return writeModel(graph, OPERATOR_SET);
}

/** Adds 1 to `x` as often as `turns` says: a loop whose end the model does not know. */
export function loopModel(): Bytes {
  const graph: ModelGraph = {
    name: 'loop',
    inputs: [
      { name: 'turns', type: 'i64', shape: [] },
      { name: 'x', type: 'f32', shape: [1] },
    ],
    outputs: [{ name: 'y', type: 'f32', shape: [1] }],
    weights: [{ name: 'one', shape: [1], data: Float32Array.of(1) }],
    nodes: [
      {
        op: 'Loop',
        inputs: ['turns', '', 'x'],
        outputs: ['y'],
        attributes: {
          body: {
            name: 'body',
            inputs: [
              { name: 'turn', type: 'i64', shape: [] },
              { name: 'goes_on', type: 'bool', shape: [] },
              { name: 'before', type: 'f32', shape: [1] },
            ],
            outputs: [
              { name: 'still', type: 'bool', shape: [] },
              { name: 'after', type: 'f32', shape: [1] },
            ],
            weights: [],
            nodes: [
              { op: 'Identity', inputs: ['goes_on'], outputs: ['still'] },
              { op: 'Add', inputs: ['before', 'one'], outputs: ['after'] },
            ],
          },
        },
      },
    ],
  };
  return writeModel(graph, OPERATOR_SET);
}

/** Makes a tensor of the shape it is given, i64[2], and sums it up: as much memory as the task likes. */
export function giantModel(): Bytes {
  const graph: ModelGraph = {
    name: 'giant',
    inputs: [{ name: 'shape', type: 'i64', shape: [2] }],
    outputs: [{ name: 'sum', type: 'f32', shape: [1, 1] }],
    weights: [{ name: 'one', shape: [1], data: Float32Array.of(1) }],
    nodes: [
      { op: 'Expand', inputs: ['one', 'shape'], outputs: ['all'] },
      { op: 'ReduceSum', inputs: ['all'], outputs: ['sum'] },
    ],
  };
  return writeModel(graph, OPERATOR_SET);
}

/** A model of one operator from x, f32[rows], to y. */
export function oneOperator(op: string, domain?: string): Bytes {
  const graph: ModelGraph = {
    name: 'one',
    inputs: [{ name: 'x', type: 'f32', shape: ['rows'] }],
    outputs: [{ name: 'y', type: 'f32', shape: ['rows'] }],
    weights: [],
    nodes: [{ op, inputs: ['x'], outputs: ['y'], ...(domain === undefined ? {} : { domain }) }],
  };
  return writeModel(graph, OPERATOR_SET);
}

/** A model that carries this many bytes of weights, of which a task uses none but the first. */
export function heavyModel(weightBytes: number): Bytes {
  const graph: ModelGraph = {
    name: 'heavy',
    inputs: [{ name: 'x', type: 'f32', shape: ['rows'] }],
    outputs: [{ name: 'y', type: 'f32', shape: ['rows'] }],
    weights: [
      { name: 'table', shape: [weightBytes / 4], data: new Float32Array(weightBytes / 4).fill(3) },
      { name: 'first', shape: [1], data: BigInt64Array.of(0n) },
    ],
    nodes: [
      { op: 'Gather', inputs: ['table', 'first'], outputs: ['three'] },
      { op: 'Mul', inputs: ['x', 'three'], outputs: ['y'] },
    ],
  };
  return writeModel(graph, OPERATOR_SET);
}

/** A chain of this many operators from x, f32[rows], to y. */
export function chainModel(length: number): Bytes {
  const graph: ModelGraph = {
    name: 'chain',
    inputs: [{ name: 'x', type: 'f32', shape: ['rows'] }],
    outputs: [{ name: 'y', type: 'f32', shape: ['rows'] }],
    weights: [],
    nodes: Array.from({ length }, (_, i) => ({
      op: i % 2 === 0 ? 'Sin' : 'Cos',
      inputs: [i === 0 ? 'x' : `v${i}`],
      outputs: [i === length - 1 ? 'y' : `v${i + 1}`],
    })),
  };
  return writeModel(graph, OPERATOR_SET);
}
