import type { Random } from '../../src/base/random.ts';
import { DIGIT_STROKES, type Point } from './strokes.ts';

/** Width and height of a drawing, in pixels. */
export const DIGIT_SIZE = 28;
export const DIGIT_PIXELS = DIGIT_SIZE * DIGIT_SIZE;

/** How far a hand strays; angles in radians, lengths in parts of the digit's height. */
const TILT = 0.28;
const SHEAR = 0.3;
const STRETCH = 0.18;
const SHIFT = 0.09;
const TREMBLE = 0.028;
/** Half the pen's width, in pixels. */
const PEN_MIN = 0.7;
const PEN_MAX = 1.7;
/** Edge of the drawing that stays free, as part of its width. */
const MARGIN = 0.07;
/** Strength of the grain of the paper, of 255. */
const GRAIN_MAX = 26;

/**
 * Draws a digit as a hand might: one of its shapes, trembling, tilted, sheared and stretched, with a pen of some width,
 * blurred, on grainy paper. Light on dark, `DIGIT_SIZE` × `DIGIT_SIZE` bytes; the same stream gives the same drawing.
 */
export function drawDigit(digit: number, random: Random): Uint8Array<ArrayBuffer> {
  const shapes = DIGIT_STROKES[digit]!;
  const shape = shapes[Math.floor(random() * shapes.length)]!;
  const place = randomPlace(random);
  const strokes = shape.map((stroke) => stroke.map((point) => place(tremble(point, random))));
  const pen = between(random, PEN_MIN, PEN_MAX);
  const softness = between(random, 0.5, 1.1);
  const ink = between(random, 170, 255);
  const grain = between(random, 4, GRAIN_MAX);
  const paper = between(random, 0, 30);
  const pixels = new Uint8Array(DIGIT_PIXELS);
  for (let at = 0; at < DIGIT_PIXELS; at++) {
    const x = (at % DIGIT_SIZE) + 0.5;
    const y = Math.floor(at / DIGIT_SIZE) + 0.5;
    const covered = clamp(0.5 + (pen - distanceToStrokes(strokes, x, y)) / (2 * softness), 0, 1);
    const value = paper + (ink - paper) * covered + grain * (random() + random() - 1);
    pixels[at] = Math.round(clamp(value, 0, 255));
  }
  return pixels;
}

function tremble([x, y]: Point, random: Random): Point {
  return [x + TREMBLE * around(random), y + TREMBLE * around(random)];
}

/** From the unit square to pixels, by a random affine map around the middle. */
function randomPlace(random: Random): (point: Point) => Point {
  const angle = TILT * around(random);
  const shear = SHEAR * around(random);
  const width = 1 + STRETCH * around(random);
  const height = 1 + STRETCH * around(random);
  const shiftX = SHIFT * around(random);
  const shiftY = SHIFT * around(random);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const size = DIGIT_SIZE * (1 - 2 * MARGIN);
  return ([px, py]) => {
    const y = (py - 0.5) * height;
    const x = (px - 0.5) * width - shear * y;
    return [
      DIGIT_SIZE / 2 + size * (x * cos - y * sin + shiftX),
      DIGIT_SIZE / 2 + size * (x * sin + y * cos + shiftY),
    ];
  };
}

function distanceToStrokes(strokes: readonly (readonly Point[])[], x: number, y: number): number {
  let best = Infinity;
  for (const stroke of strokes)
    for (let i = 1; i < stroke.length; i++)
      best = Math.min(best, squaredDistance(stroke[i - 1]!, stroke[i]!, x, y));
  return Math.sqrt(best);
}

function squaredDistance([ax, ay]: Point, [bx, by]: Point, x: number, y: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : clamp(((x - ax) * dx + (y - ay) * dy) / length, 0, 1);
  return (ax + along * dx - x) ** 2 + (ay + along * dy - y) ** 2;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** About normal around 0, within ±1.5: the sum of three. */
function around(random: Random): number {
  return random() + random() + random() - 1.5;
}
