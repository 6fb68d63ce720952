import { seededRandom } from '../../src/base/random.ts';
import { DIGIT_PIXELS, drawDigit } from './draw-digit.ts';

/** Drawings one after another, and what each shows. */
export interface DigitSet {
  readonly images: Uint8Array<ArrayBuffer>;
  readonly digits: Uint8Array<ArrayBuffer>;
}

/** This many drawings of random digits; the same seed gives the same set. */
export function drawSet(count: number, seed: number): DigitSet {
  const random = seededRandom(seed);
  const images = new Uint8Array(count * DIGIT_PIXELS);
  const digits = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    digits[i] = Math.floor(random() * 10);
    images.set(drawDigit(digits[i]!, random), i * DIGIT_PIXELS);
  }
  return { images, digits };
}
