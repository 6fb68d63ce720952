import { writeFileSync } from 'node:fs';
import { writePng } from '../clay-workshop/scene/write-png.node.ts';
import { DIGIT_PIXELS, DIGIT_SIZE } from './draw-digit.ts';
import { drawSet } from './draw-set.ts';

/* Writes `thumbnail.png`: drawings side by side, 320 × 180. node examples/digits/make-thumbnail.node.ts */

const [WIDTH, HEIGHT] = [320, 180];
const SCALE = 2;
const CELL = DIGIT_SIZE * SCALE + 4;
const SEED = 5;
/** A warm tint of the grey: red, green and blue of white. */
const TINT = [255, 236, 214] as const;

const columns = Math.ceil(WIDTH / CELL);
const { images } = drawSet(columns * Math.ceil(HEIGHT / CELL), SEED);
const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
for (let y = 0; y < HEIGHT; y++) {
  for (let x = 0; x < WIDTH; x++) {
    const grey = greyAt(x, y);
    for (const [channel, full] of TINT.entries())
      rgb[(y * WIDTH + x) * 3 + channel] = Math.round((grey * full) / 255);
  }
}
writeFileSync(new URL('./thumbnail.png', import.meta.url), writePng(WIDTH, HEIGHT, rgb));

function greyAt(x: number, y: number): number {
  const [px, py] = [Math.floor((x % CELL) / SCALE), Math.floor((y % CELL) / SCALE)];
  if (px >= DIGIT_SIZE || py >= DIGIT_SIZE) return 12;
  const image = Math.floor(y / CELL) * columns + Math.floor(x / CELL);
  return images[image * DIGIT_PIXELS + py * DIGIT_SIZE + px]!;
}
