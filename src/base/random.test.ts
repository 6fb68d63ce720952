import { expect, test } from 'vitest';
import { seededRandom, strongRandom } from './random.ts';

const first = (seed: number, count: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => Math.round(random() * 4_294_967_296));
};

test('a seed gives the known sequence of mulberry32, today and tomorrow', () => {
  expect(first(1, 5)).toEqual([2_693_262_067, 11_749_833, 2_265_367_787, 4_213_581_821, 4_159_151_403]);
});

test('seeds count by their 32 bits, and differ from one another', () => {
  expect(first(-1, 3)).toEqual(first(0xffff_ffff, 3));
  expect(first(1, 3)).toEqual(first(2 ** 32 + 1, 3));
  expect(first(1, 3)).not.toEqual(first(2, 3));
});

test('numbers lie in [0, 1) and spread evenly', () => {
  const random = seededRandom(42);
  const bins = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const number = random();
    expect(number >= 0 && number < 1).toBe(true);
    bins[Math.floor(number * 10)]!++;
  }
  for (const bin of bins) expect(Math.abs(bin - 1_000)).toBeLessThan(150);
});

test('strong numbers lie in [0, 1), evenly, and never repeat themselves', () => {
  const random = strongRandom();
  const drawn = Array.from({ length: 10_000 }, random);
  expect(drawn.every((one) => one >= 0 && one < 1)).toBe(true);
  expect(new Set(drawn).size).toBeGreaterThan(9_990);
  expect(Math.abs(drawn.filter((one) => one < 0.5).length - 5_000)).toBeLessThan(400);
});
