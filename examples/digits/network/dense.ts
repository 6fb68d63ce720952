import { type Layer, newWeights, type Weights } from './layer.ts';

/** Every output is a weighted sum of every input: ONNX's Gemm with `transB`. */
export class Dense implements Layer {
  readonly weights: readonly [Weights, Weights];
  readonly #input: Float32Array<ArrayBuffer>;
  readonly #output: Float32Array<ArrayBuffer>;
  readonly #inputGradient: Float32Array<ArrayBuffer>;

  constructor(name: string, inputs: number, outputs: number, random: () => number) {
    this.weights = [
      newWeights(`${name}_weight`, [outputs, inputs], Math.sqrt(1 / inputs), random),
      newWeights(`${name}_bias`, [outputs], 0, random),
    ];
    this.#input = new Float32Array(inputs);
    this.#output = new Float32Array(outputs);
    this.#inputGradient = new Float32Array(inputs);
  }

  forward(input: Float32Array): Float32Array {
    const [{ values }, { values: biases }] = this.weights;
    const inputs = this.#input.length;
    this.#input.set(input);
    for (let to = 0; to < this.#output.length; to++) {
      let sum = biases[to]!;
      for (let from = 0; from < inputs; from++) sum += values[to * inputs + from]! * input[from]!;
      this.#output[to] = sum;
    }
    return this.#output;
  }

  backward(outputGradient: Float32Array): Float32Array {
    const [{ values, gradients }, { gradients: biasGradients }] = this.weights;
    const inputs = this.#input.length;
    this.#inputGradient.fill(0);
    for (let to = 0; to < this.#output.length; to++) {
      const gradient = outputGradient[to]!;
      biasGradients[to]! += gradient;
      for (let from = 0; from < inputs; from++) {
        gradients[to * inputs + from]! += gradient * this.#input[from]!;
        this.#inputGradient[from]! += gradient * values[to * inputs + from]!;
      }
    }
    return this.#inputGradient;
  }
}
