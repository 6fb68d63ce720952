import { type Layer, newWeights, type Weights } from './layer.ts';

const KERNEL = 3;

/** Sizes of a convolution: images are `size` × `size`, channel after channel. */
export interface ConvolutionShape {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly size: number;
}

/** A 3 × 3 convolution with zeros around the image, followed by max(0, ·): ONNX's Conv and Relu. */
export class Convolution implements Layer {
  readonly weights: readonly [Weights, Weights];
  readonly #shape: ConvolutionShape;
  readonly #padded: Float32Array<ArrayBuffer>;
  readonly #paddedGradient: Float32Array<ArrayBuffer>;
  readonly #output: Float32Array<ArrayBuffer>;
  readonly #inputGradient: Float32Array<ArrayBuffer>;

  constructor(shape: ConvolutionShape, random: () => number) {
    const { name, inputs, outputs, size } = shape;
    this.#shape = shape;
    const spread = Math.sqrt(2 / (inputs * KERNEL * KERNEL));
    this.weights = [
      newWeights(`${name}_weight`, [outputs, inputs, KERNEL, KERNEL], spread, random),
      newWeights(`${name}_bias`, [outputs], 0, random),
    ];
    this.#padded = new Float32Array(inputs * (size + 2) ** 2);
    this.#paddedGradient = new Float32Array(this.#padded.length);
    this.#output = new Float32Array(outputs * size ** 2);
    this.#inputGradient = new Float32Array(inputs * size ** 2);
  }

  forward(input: Float32Array): Float32Array {
    const { inputs, outputs, size } = this.#shape;
    const [{ values: kernels }, { values: biases }] = this.weights;
    const wide = size + 2;
    const padded = this.#padded;
    const output = this.#output;
    for (let row = 0; row < inputs * size; row++)
      padded.set(input.subarray(row * size, (row + 1) * size), this.#paddedAt(row));
    for (let to = 0; to < outputs; to++) {
      const plane = output.subarray(to * size * size, (to + 1) * size * size).fill(biases[to]!);
      for (let from = 0; from < inputs; from++) {
        for (let tap = 0; tap < KERNEL * KERNEL; tap++) {
          const weight = kernels[(to * inputs + from) * KERNEL * KERNEL + tap]!;
          const start = from * wide * wide + Math.floor(tap / KERNEL) * wide + (tap % KERNEL);
          for (let y = 0, at = 0; y < size; y++)
            for (let x = 0, source = start + y * wide; x < size; x++, at++)
              plane[at]! += weight * padded[source + x]!;
        }
      }
    }
    for (let i = 0; i < output.length; i++) if (output[i]! < 0) output[i] = 0;
    return output;
  }

  backward(outputGradient: Float32Array): Float32Array {
    const { inputs, outputs, size } = this.#shape;
    const [{ values: kernels, gradients }, { gradients: biasGradients }] = this.weights;
    const wide = size + 2;
    const padded = this.#padded;
    const paddedGradient = this.#paddedGradient.fill(0);
    for (let i = 0; i < outputGradient.length; i++) if (this.#output[i] === 0) outputGradient[i] = 0;
    for (let to = 0; to < outputs; to++) {
      const plane = outputGradient.subarray(to * size * size, (to + 1) * size * size);
      for (const gradient of plane) biasGradients[to]! += gradient;
      for (let from = 0; from < inputs; from++) {
        for (let tap = 0; tap < KERNEL * KERNEL; tap++) {
          const index = (to * inputs + from) * KERNEL * KERNEL + tap;
          const weight = kernels[index]!;
          const start = from * wide * wide + Math.floor(tap / KERNEL) * wide + (tap % KERNEL);
          let sum = 0;
          for (let y = 0, at = 0; y < size; y++) {
            for (let x = 0, source = start + y * wide; x < size; x++, at++) {
              sum += plane[at]! * padded[source + x]!;
              paddedGradient[source + x]! += weight * plane[at]!;
            }
          }
          gradients[index]! += sum;
        }
      }
    }
    for (let row = 0; row < inputs * size; row++) {
      const at = this.#paddedAt(row);
      this.#inputGradient.set(paddedGradient.subarray(at, at + size), row * size);
    }
    return this.#inputGradient;
  }

  /** Where a row of all channels' rows begins inside the padded copy. */
  #paddedAt(row: number): number {
    const { size } = this.#shape;
    const wide = size + 2;
    return Math.floor(row / size) * wide * wide + ((row % size) + 1) * wide + 1;
  }
}
