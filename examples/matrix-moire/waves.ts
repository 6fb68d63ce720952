import type { Bytes } from '../../src/base/bytes.ts';

const TURN = 2 * Math.PI;
/** Turns of a wave from the first to the last row. */
const SLOPE = 30;
/** Turns by which the waves are bent in their middle. */
const BEND = 24;

/** The two matrices of waves, row after row: `side` rows of `waves` numbers each, between −1 and 1. */
export function weaveMatrices(side: number, waves: number): { readonly left: Bytes; readonly right: Bytes } {
  const row = (bendOf: (u: number) => number) =>
    floats(side * waves, (i) => {
      const u = Math.floor(i / waves) / side;
      const x = (i % waves) / waves;
      return Math.cos(TURN * (bendOf(u) * (x - 0.5) ** 2 + SLOPE * (u - 0.5) * x));
    });
  return { left: row(() => BEND), right: row((u) => BEND * Math.cos(TURN * u)) };
}

/** The lens of each frame: how much each place of the waves counts. It passes over them once. */
export function grindLenses(frames: number, waves: number): Bytes {
  return floats(frames * waves, (i) => {
    const [frame, x] = [Math.floor(i / waves), (i % waves) / waves];
    return 0.5 + 0.5 * Math.cos(TURN * (x - frame / frames));
  });
}

function floats(length: number, at: (i: number) => number): Bytes {
  return new Uint8Array(Float32Array.from({ length }, (_, i) => at(i)).buffer);
}
