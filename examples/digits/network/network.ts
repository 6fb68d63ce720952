import { DIGIT_PIXELS, DIGIT_SIZE } from '../draw-digit.ts';
import { Convolution } from './convolution.ts';
import { Dense } from './dense.ts';
import type { Layer, Weights } from './layer.ts';
import { MaxPool } from './max-pool.ts';

/** Feature maps of the two convolutions. */
export const FEATURES_1 = 12;
export const FEATURES_2 = 24;
export const CLASSES = 10;

/** Two convolutions, each with a pool behind it, and a dense layer; takes one drawing, gives ten probabilities. */
export class Network {
  readonly layers: readonly Layer[];
  readonly #input = new Float32Array(DIGIT_PIXELS);

  constructor(random: () => number) {
    const [half, quarter] = [DIGIT_SIZE / 2, DIGIT_SIZE / 4];
    this.layers = [
      new Convolution({ name: 'conv1', inputs: 1, outputs: FEATURES_1, size: DIGIT_SIZE }, random),
      new MaxPool(FEATURES_1, DIGIT_SIZE),
      new Convolution({ name: 'conv2', inputs: FEATURES_1, outputs: FEATURES_2, size: half }, random),
      new MaxPool(FEATURES_2, half),
      new Dense('dense', FEATURES_2 * quarter * quarter, CLASSES, random),
    ];
  }

  get weights(): Weights[] {
    return this.layers.flatMap(({ weights }) => weights);
  }

  /** Probabilities of the ten digits. */
  classify(pixels: Uint8Array): Float32Array<ArrayBuffer> {
    for (let i = 0; i < DIGIT_PIXELS; i++) this.#input[i] = pixels[i]! / 255;
    let values: Float32Array = this.#input;
    for (const layer of this.layers) values = layer.forward(values);
    return softmax(values);
  }

  /** Adds one drawing's gradients; gives its loss, the cross entropy in nats. */
  learn(pixels: Uint8Array, digit: number): number {
    const probabilities = this.classify(pixels);
    const loss = -Math.log(Math.max(probabilities[digit]!, 1e-12));
    // Softmax and cross entropy together: probability less one for the right class.
    let gradient: Float32Array = probabilities;
    gradient[digit]! -= 1;
    for (const layer of this.layers.toReversed()) gradient = layer.backward(gradient);
    return loss;
  }
}

function softmax(values: Float32Array): Float32Array<ArrayBuffer> {
  const highest = Math.max(...values);
  const powers = Float32Array.from(values, (value) => Math.exp(value - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
