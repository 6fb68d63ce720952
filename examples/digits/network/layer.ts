/** Trained numbers of a layer with the gradient of the batch under way. */
export interface Weights {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
  readonly gradients: Float32Array<ArrayBuffer>;
}

/** One step of the network, for one image at a time; its arrays are reused by the next image. */
export interface Layer {
  readonly weights: readonly Weights[];
  forward(input: Float32Array): Float32Array;
  /** Adds to the gradients of its weights, and gives that of its input; follows the `forward` of the same image. */
  backward(outputGradient: Float32Array): Float32Array;
}

/** New weights with values of this spread around 0, e.g. √(2 / inputs) (He et al. 2015, equation 10). */
export function newWeights(
  name: string,
  shape: readonly number[],
  spread: number,
  random: () => number,
): Weights {
  const count = shape.reduce((product, size) => product * size, 1);
  // The sum of twelve even draws has variance 1.
  const normal = () => Array.from({ length: 12 }, random).reduce((sum, draw) => sum + draw, -6);
  return {
    name,
    shape,
    values: Float32Array.from({ length: count }, () => spread * normal()),
    gradients: new Float32Array(count),
  };
}
