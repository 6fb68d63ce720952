import { writeFileSync } from 'node:fs';
import { writePng } from '../clay-workshop/scene/write-png.node.ts';
import { grindLenses, weaveMatrices } from './waves.ts';

/* Writes `thumbnail.png`: the middle of the first picture, 320 × 180. node examples/matrix-moire/make-thumbnail.node.ts */

const [WIDTH, HEIGHT] = [320, 180];
const WAVES = 512;
const FRAME = 2;
const FRAMES = 4;
const CONTRAST = 2.2;
/** As in product.wgsl. */
const [NIGHT, SAND, SEA] = [
  [18, 20, 32],
  [255, 196, 110],
  [60, 150, 190],
] as const;

const matrices = weaveMatrices(WIDTH, WAVES);
const left = new Float32Array(matrices.left.buffer);
const right = new Float32Array(matrices.right.buffer);
const lens = new Float32Array(grindLenses(FRAMES, WAVES).buffer).subarray(FRAME * WAVES);
const top = (WIDTH - HEIGHT) / 2;
const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
for (let y = 0; y < HEIGHT; y++) {
  for (let x = 0; x < WIDTH; x++) {
    let sum = 0;
    for (let q = 0; q < WAVES; q++) sum += left[(y + top) * WAVES + q]! * right[x * WAVES + q]! * lens[q]!;
    const value = (sum * CONTRAST) / Math.sqrt(WAVES);
    const strength = Math.abs(value) / (1 + Math.abs(value));
    for (const [channel, from] of NIGHT.entries()) {
      const to = (value > 0 ? SAND : SEA)[channel]!;
      rgb[(y * WIDTH + x) * 3 + channel] = Math.round(from + (to - from) * strength);
    }
  }
}
writeFileSync(new URL('./thumbnail.png', import.meta.url), writePng(WIDTH, HEIGHT, rgb));
