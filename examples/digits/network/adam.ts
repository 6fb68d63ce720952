import type { Weights } from './layer.ts';

/** The paper's own settings (Kingma and Ba 2015, algorithm 1). */
const DECAY_1 = 0.9;
const DECAY_2 = 0.999;
const EPSILON = 1e-8;

/** Adam: steps along the gradient's running mean, each weight at a pace of its own. */
export class Adam {
  readonly #weights: readonly Weights[];
  readonly #means: readonly Float32Array[];
  readonly #squares: readonly Float32Array[];
  #steps = 0;

  constructor(weights: readonly Weights[]) {
    this.#weights = weights;
    this.#means = weights.map(({ values }) => new Float32Array(values.length));
    this.#squares = weights.map(({ values }) => new Float32Array(values.length));
  }

  /** One step with the gradients gathered over `images` images, which are then forgotten. */
  step(rate: number, images: number): void {
    this.#steps++;
    const pace = (rate * Math.sqrt(1 - DECAY_2 ** this.#steps)) / (1 - DECAY_1 ** this.#steps);
    for (const [k, { values, gradients }] of this.#weights.entries()) {
      const mean = this.#means[k]!;
      const square = this.#squares[k]!;
      for (let i = 0; i < values.length; i++) {
        const gradient = gradients[i]! / images;
        mean[i] = DECAY_1 * mean[i]! + (1 - DECAY_1) * gradient;
        square[i] = DECAY_2 * square[i]! + (1 - DECAY_2) * gradient * gradient;
        values[i]! -= (pace * mean[i]!) / (Math.sqrt(square[i]!) + EPSILON);
      }
      gradients.fill(0);
    }
  }
}
