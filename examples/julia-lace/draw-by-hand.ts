import type { LaceSettings } from './job.ts';

/*
 * The arithmetic of lace.wgsl once more, in JavaScript: what the shader must give, byte for byte.
 */

const FRACTION_BITS = 26n;
const ONE = 1 << 26;
const LIT_TURNS = 14;

/** A frame as RGBA, for one c in fixed point. */
export function drawByHand(settings: LaceSettings, c: readonly [number, number]): Uint8Array {
  const { width, height, samples } = settings;
  const step = Math.trunc((2 * (ONE + ONE / 4)) / (height * samples));
  const pixels = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const sum = [0, 0, 0];
    for (let sample = 0; sample < samples * samples; sample++) {
      const at = (pixel: number, offset: number, size: number) =>
        (pixel * samples + offset - Math.trunc((size * samples) / 2)) * step + (step >> 1);
      const x = at(i % width, sample % samples, width);
      const y = at(Math.floor(i / width), Math.floor(sample / samples), height);
      for (const [j, light] of shade(x, y, c, settings.iterations).entries()) sum[j]! += light;
    }
    const color = sum.map((light) => Math.min(Math.trunc(light / (samples * samples)), 255));
    pixels.set([...color, 255], i * 4);
  }
  return pixels;
}

function multiply(a: number, b: number): number {
  const product = (BigInt(Math.abs(a)) * BigInt(Math.abs(b))) >> FRACTION_BITS;
  return a < 0 !== b < 0 ? -Number(product) : Number(product);
}

function glow(distance: number, width: number): number {
  const rest = Math.trunc((width - Math.min(distance, width)) / Math.trunc(width / 256));
  const light = Math.min(rest, 255);
  return Math.trunc((light * light) / 255);
}

function shade(
  startX: number,
  startY: number,
  [cx, cy]: readonly [number, number],
  iterations: number,
): number[] {
  let [x, y] = [startX, startY];
  let [thread, ring] = [ONE, ONE];
  let turns = 0;
  for (; turns < iterations && Math.abs(x) <= 2 * ONE && Math.abs(y) <= 2 * ONE; turns++) {
    const [xx, yy] = [multiply(x, x), multiply(y, y)];
    if (turns > 0 && turns <= LIT_TURNS) {
      thread = Math.min(thread, Math.abs(x), Math.abs(y));
      ring = Math.min(ring, Math.abs(xx + yy - ONE / 4));
    }
    [x, y] = [xx - yy + cx, 2 * multiply(x, y) + cy];
  }
  const warm = glow(thread, Math.trunc(ONE / 14));
  const cool = glow(ring, Math.trunc(ONE / 5));
  const ground = Math.min(turns * 4, 88);
  const whole = Math.trunc;
  return [
    whole(ground / 2) + whole((warm * 15) / 16) + whole(cool / 8),
    whole(ground / 4) + whole(warm / 2) + whole((cool * 3) / 8),
    whole(ground / 2) + 10 + whole(warm / 6) + whole(cool / 2),
  ];
}
