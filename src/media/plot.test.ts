import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawPlot } from './plot.ts';
import { extent, plotScale } from './plot-scale.ts';

const draw = (x: number[], y: number[], style: 'line' | 'points' = 'line', label = 'y') =>
  drawPlot(
    { x: { label: 'x', values: Float64Array.from(x) }, y: { label, values: Float64Array.from(y) }, style },
    'Title',
  );
const path = (svg: string) => /class="data"[^>]* d="([^"]*)"/.exec(svg)![1]!;

describe('scale', () => {
  test('marks round numbers inside the range', () => {
    const { ticks, toPixel } = plotScale([0, 97], [0, 970], 10);
    expect(ticks.map(({ label }) => label)).toEqual([
      '0',
      '10',
      '20',
      '30',
      '40',
      '50',
      '60',
      '70',
      '80',
      '90',
    ]);
    expect(toPixel(97)).toBe(970);
    expect(plotScale([-0.3, 0.3], [0, 1], 7).ticks.map(({ label }) => label)).toEqual([
      '−0.3',
      '−0.2',
      '−0.1',
      '0',
      '0.1',
      '0.2',
      '0.3',
    ]);
  });

  test('has a few distinct ticks for any numbers', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (a, b) => {
        const [min, max] = extent(Float64Array.of(a, b));
        const { ticks, toPixel } = plotScale([min, max], [0, 100], 8);
        expect(ticks.length).toBeGreaterThanOrEqual(1);
        expect(ticks.length).toBeLessThanOrEqual(9);
        expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
        for (const { value } of ticks) {
          expect(toPixel(value)).toBeGreaterThan(-0.01);
          expect(toPixel(value)).toBeLessThan(100.01);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('of values that are all one, or none, is still a range', () => {
    expect(extent(Float64Array.of(4, 4))).toEqual([2, 6]);
    expect(extent(Float64Array.of(0))).toEqual([-0.5, 0.5]);
    expect(extent(Float64Array.of(Number.NaN, Infinity, 1e301))).toEqual([0, 1]);
    expect(extent(Float64Array.of(1e15, 1e15 + 1))).toEqual([5e14 - 0.5, 1.5e15 + 1.5]);
  });
});

describe('plot', () => {
  test('spans its axes from corner to corner', () => {
    expect(path(draw([0, 1], [0, 1]))).toBe('M84 484L936 44');
  });

  test('leaves a gap where a value is no number', () => {
    expect(path(draw([0, 1, 2, 3], [0, 1, Number.NaN, 1])).match(/M/g)).toHaveLength(2);
  });

  test('draws each place once', () => {
    expect(path(draw([0, 1, 1, 1, 0], [0, 1, 1, 1, 0], 'points')).match(/h0/g)).toHaveLength(2);
    expect(path(draw([0, 1, 1, 1], [0, 1, 1, 1])).match(/[ML]/g)).toHaveLength(2);
  });

  test('makes dots larger when they are few', () => {
    const dot = (svg: string) => Number(/class="data" stroke-width="([^"]*)"/.exec(svg)![1]);
    const many = Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 50_000);
    expect(dot(draw([0, 1], [0, 1], 'points'))).toBe(5);
    expect(dot(draw([...many.keys()], many, 'points'))).toBe(0.8);
  });

  test('names from strangers stay text', () => {
    const svg = draw([0], [0], 'line', `</text><script>alert("1'&")</script>`);
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&#60;script&#62;');
  });

  test('an empty table gives empty axes', () => {
    expect(path(draw([], [], 'points'))).toBe('');
  });
});
