import type { Bytes } from '../../../src/base/bytes.ts';
import { type ModelNode, writeModel } from '../../../src/sandbox/onnx/write-model.ts';
import { DIGIT_SIZE } from '../draw-digit.ts';
import { CLASSES, type Network } from './network.ts';

/** ONNX operator set whose Softmax works along one axis. */
const OPERATOR_SET = 13;

/** The trained network as an ONNX file: `image`, f32[batch, 1, 28, 28] from 0 to 1, to `probabilities`, f32[batch, 10]. */
export function exportOnnx(network: Network): Bytes {
  const nodes: ModelNode[] = [
    ...convolution('conv1', 'image'),
    ...convolution('conv2', 'conv1_pool'),
    { op: 'Flatten', inputs: ['conv2_pool'], outputs: ['features'], attributes: { axis: 1 } },
    {
      op: 'Gemm',
      inputs: ['features', 'dense_weight', 'dense_bias'],
      outputs: ['scores'],
      attributes: { transB: 1 },
    },
    { op: 'Softmax', inputs: ['scores'], outputs: ['probabilities'], attributes: { axis: 1 } },
  ];
  return writeModel(
    {
      name: 'digits',
      inputs: [{ name: 'image', type: 'f32', shape: ['batch', 1, DIGIT_SIZE, DIGIT_SIZE] }],
      outputs: [{ name: 'probabilities', type: 'f32', shape: ['batch', CLASSES] }],
      weights: network.weights.map(({ name, shape, values }) => ({ name, shape, data: values })),
      nodes,
    },
    OPERATOR_SET,
  );
}

function convolution(name: string, input: string): ModelNode[] {
  return [
    {
      op: 'Conv',
      inputs: [input, `${name}_weight`, `${name}_bias`],
      outputs: [`${name}_sums`],
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    },
    { op: 'Relu', inputs: [`${name}_sums`], outputs: [`${name}_maps`] },
    {
      op: 'MaxPool',
      inputs: [`${name}_maps`],
      outputs: [`${name}_pool`],
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    },
  ];
}
