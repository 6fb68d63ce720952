import { writeFileSync } from 'node:fs';
import { seededRandom } from '../../src/base/random.ts';
import { DIGIT_PIXELS } from './draw-digit.ts';
import { type DigitSet, drawSet } from './draw-set.ts';
import { Adam } from './network/adam.ts';
import { exportOnnx } from './network/export-onnx.ts';
import { Network } from './network/network.ts';

/*
 * Trains the model of this example and writes `model.onnx` beside this file; a few minutes on one core.
 * node examples/digits/train.node.ts
 */

/** Every round draws new digits, so that the network never sees one twice. */
const ROUNDS = 10;
const IMAGES_PER_ROUND = 4_000;
const IMAGES_PER_STEP = 20;
/** The rate falls from the first to the second over the training, evenly by its logarithm. */
const FIRST_RATE = 2e-3;
const LAST_RATE = 1e-4;
const FIRST_SEED = 1_000;
/** Drawings held out: this seed is used for nothing else. */
const TEST_SEED = 1;
const TEST_IMAGES = 4_000;

const network = new Network(seededRandom(42));
const adam = new Adam(network.weights);
const test = drawSet(TEST_IMAGES, TEST_SEED);
for (let round = 0; round < ROUNDS; round++) {
  const loss = train(drawSet(IMAGES_PER_ROUND, FIRST_SEED + round), round);
  console.log(
    `round ${round + 1} of ${ROUNDS}: loss ${loss.toFixed(4)}, right on held-out drawings ${percent(test)}`,
  );
}
const model = exportOnnx(network);
writeFileSync(new URL('./model.onnx', import.meta.url), model);
console.log(
  `model.onnx, ${model.byteLength} bytes: ${percent(test)} of ${TEST_IMAGES} held-out drawings right`,
);

function train({ images, digits }: DigitSet, round: number): number {
  let loss = 0;
  for (let i = 0; i < digits.length; i++) {
    loss += network.learn(image(images, i), digits[i]!);
    if ((i + 1) % IMAGES_PER_STEP !== 0) continue;
    const done = (round + i / digits.length) / ROUNDS;
    adam.step(FIRST_RATE * (LAST_RATE / FIRST_RATE) ** done, IMAGES_PER_STEP);
  }
  return loss / digits.length;
}

function percent({ images, digits }: DigitSet): string {
  let right = 0;
  for (const [i, digit] of digits.entries()) {
    const probabilities = network.classify(image(images, i));
    if (probabilities.indexOf(Math.max(...probabilities)) === digit) right++;
  }
  return `${((100 * right) / digits.length).toFixed(2)} %`;
}

function image(images: Uint8Array, i: number): Uint8Array {
  return images.subarray(i * DIGIT_PIXELS, (i + 1) * DIGIT_PIXELS);
}
