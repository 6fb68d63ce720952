import type { Layer } from './layer.ts';

/** The largest of every 2 × 2 pixels: ONNX's MaxPool with strides of 2. */
export class MaxPool implements Layer {
  readonly weights = [];
  readonly #channels: number;
  readonly #size: number;
  readonly #output: Float32Array<ArrayBuffer>;
  /** Where each output came from. */
  readonly #from: Uint32Array<ArrayBuffer>;
  readonly #inputGradient: Float32Array<ArrayBuffer>;

  /** For `channels` images of `size` × `size` pixels; `size` is even. */
  constructor(channels: number, size: number) {
    this.#channels = channels;
    this.#size = size;
    this.#output = new Float32Array((channels * size * size) / 4);
    this.#from = new Uint32Array(this.#output.length);
    this.#inputGradient = new Float32Array(channels * size * size);
  }

  forward(input: Float32Array): Float32Array {
    const size = this.#size;
    let to = 0;
    for (let row = 0; row < this.#channels * size; row += 2) {
      for (let x = 0; x < size; x += 2, to++) {
        const at = row * size + x;
        let best = at;
        for (const other of [at + 1, at + size, at + size + 1])
          if (input[other]! > input[best]!) best = other;
        this.#from[to] = best;
        this.#output[to] = input[best]!;
      }
    }
    return this.#output;
  }

  backward(outputGradient: Float32Array): Float32Array {
    this.#inputGradient.fill(0);
    for (let i = 0; i < outputGradient.length; i++) this.#inputGradient[this.#from[i]!] = outputGradient[i]!;
    return this.#inputGradient;
  }
}
