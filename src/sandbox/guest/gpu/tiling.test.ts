import { describe, expect, test } from 'vitest';
import { TileSize } from './tiling.ts';

/** Dispatches a whole axis on a device; the sizes and times of its tiles. */
function dispatch(tiles: TileSize, whole: number, msOf: (from: number, size: number) => number, perStep = 1) {
  const sizes: number[] = [];
  const times: number[] = [];
  for (let done = 0; done < whole;) {
    const size = tiles.next(whole - done, whole, perStep);
    sizes.push(size);
    times.push(msOf(done, size));
    tiles.record(size * perStep, msOf(done, size));
    done += size;
  }
  return { sizes, times };
}

const evenly = (msPerStep: number) => (_: number, size: number) => size * msPerStep;

describe('TileSize', () => {
  test('begins small and settles at about 50 ms', () => {
    const { sizes, times } = dispatch(new TileSize(), 4_096, evenly(0.5));
    expect(sizes[0]).toBe(4);
    expect(times.slice(3, -1).every((ms) => ms > 40 && ms <= 50)).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(4_096);
  });

  test('grows step by step on a fast device, until the whole fits, and a small rest does not shrink it', () => {
    const tiles = new TileSize();
    expect(dispatch(tiles, 4_096, evenly(0.001)).sizes).toEqual([4, 64, 1_024, 3_004]);
    expect(dispatch(tiles, 4_097, evenly(0.001)).sizes).toEqual([4_097]);
    dispatch(tiles, 3, evenly(0.001));
    expect(dispatch(tiles, 4_096, evenly(0.001)).sizes).toEqual([4_096]);
  });

  test('goes down to single steps on a slow device', () => {
    expect(dispatch(new TileSize(), 100, evenly(80)).sizes).toEqual([
      2,
      ...Array.from({ length: 98 }, () => 1),
    ]);
  });

  test('begins small on a huge grid: by workgroups, not by parts of the axis', () => {
    expect(new TileSize().next(65_535, 65_535, 1)).toBe(4);
    expect(new TileSize().next(65_535, 65_535, 4_096)).toBe(1);
  });

  test('what was learnt on one grid holds on another', () => {
    const tiles = new TileSize();
    dispatch(tiles, 2_048, evenly(0.5 * 64), 64);
    expect(tiles.estimateMs(64)).toBeCloseTo(0.5 * 64);
    expect(tiles.next(1_000, 1_000, 1)).toBe(100);
  });

  test('a first dispatch that was slow for its own reasons is soon forgotten', () => {
    const { sizes } = dispatch(new TileSize(), 4_096, (from, size) => size * 0.05 + (from === 0 ? 400 : 0));
    expect(sizes.slice(0, 4)).toEqual([4, 1, 16, 64]);
    expect(Math.max(...sizes)).toBeGreaterThan(900);
  });

  test('overshoots at most once where the work grows heavier', () => {
    const { times } = dispatch(new TileSize(), 4_096, (from, size) => size * (from < 2_048 ? 0.1 : 1));
    expect(times.filter((ms) => ms > 60).length).toBe(1);
  });

  test('one lucky reading does not let the next tile take ten times too long', () => {
    const tiles = new TileSize();
    dispatch(tiles, 1_000, evenly(0.5));
    tiles.record(100, 0.5);
    expect(tiles.next(10_000, 10_000, 1) * 0.5).toBeLessThan(51 * 4);
    tiles.record(200, 100);
    expect(tiles.next(10_000, 10_000, 1)).toBe(100);
  });

  test('a short reading never makes a pass seem slower', () => {
    const tiles = new TileSize();
    dispatch(tiles, 100_000, evenly(0.001));
    const before = tiles.next(100_000, 100_000, 1);
    tiles.record(1, 2.1);
    expect(tiles.next(100_000, 100_000, 1)).toBe(before);
  });

  test('an estimate is sure for what is not much larger than a tile that took its time', () => {
    const tiles = new TileSize();
    expect(tiles.isSure(1)).toBe(false);
    tiles.record(16, 2);
    expect([64, 65].map((workgroups) => tiles.isSure(workgroups))).toEqual([true, false]);
    tiles.record(64, 8);
    expect(tiles.isSure(1_000_000)).toBe(true);
    tiles.forget();
    expect(tiles.isSure(64)).toBe(false);
  });

  test('knows nothing before its first reading, nor after it was told to forget', () => {
    const tiles = new TileSize();
    expect(tiles.estimateMs(5)).toBeUndefined();
    tiles.record(10, 20);
    expect(tiles.estimateMs(5)).toBe(10);
    tiles.forget();
    expect(tiles.estimateMs(5)).toBeUndefined();
    expect(tiles.next(4_096, 4_096, 1)).toBe(4);
  });
});
