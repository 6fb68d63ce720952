import { describe, expect, test } from 'vitest';
import { TileSize } from './tiling.ts';

/** Dispatches a whole axis on a device of a given speed; the sizes and times of its tiles. */
function dispatch(tiles: TileSize, whole: number, msPerWorkgroup: number) {
  const sizes: number[] = [];
  for (let done = 0; done < whole;) {
    const size = tiles.next(whole - done, whole);
    sizes.push(size);
    done += size;
    tiles.record(size, size * msPerWorkgroup);
  }
  return { sizes, times: sizes.map((size) => size * msPerWorkgroup) };
}

describe('TileSize', () => {
  test('begins small and settles at about 50 ms', () => {
    const { sizes, times } = dispatch(new TileSize(), 4_096, 0.5);
    expect(sizes[0]).toBe(64);
    expect(times.slice(1, -1).every((ms) => ms > 40 && ms <= 50)).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(4_096);
  });

  test('grows step by step on a fast device, until the whole fits', () => {
    const tiles = new TileSize();
    expect(dispatch(tiles, 4_096, 0.001).sizes).toEqual([64, 256, 1_024, 2_752]);
    expect(dispatch(tiles, 4_096, 0.001).sizes).toEqual([4_096]);
  });

  test('goes down to single workgroups on a slow device', () => {
    expect(dispatch(new TileSize(), 100, 80).sizes).toEqual([2, ...Array.from({ length: 98 }, () => 1)]);
  });

  test('knows nothing before its first reading, nor after it was told to forget', () => {
    const tiles = new TileSize();
    expect(tiles.estimateMs(5)).toBeUndefined();
    tiles.record(10, 20);
    expect(tiles.estimateMs(5)).toBe(10);
    tiles.forget();
    expect(tiles.estimateMs(5)).toBeUndefined();
    expect(tiles.next(4_096, 4_096)).toBe(64);
  });
});
