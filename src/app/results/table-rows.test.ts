import { expect, test } from 'vitest';
import { parseRows, pointsOf, thin } from './table-rows.ts';

test('reads rows with either line end, the last one open', () => {
  expect(parseRows('1,2\r\n3,4\n5,6')).toEqual([
    ['1', '2'],
    ['3', '4'],
    ['5', '6'],
  ]);
});

test('undoes quotes', () => {
  expect(parseRows('"a, b","say ""hi""",3')).toEqual([['a, b', 'say "hi"', '3']]);
});

test('stops at the row limit', () => {
  expect(parseRows('1\n'.repeat(100), 10)).toHaveLength(10);
});

test('points come from the named columns; what is no number is left out', () => {
  const rows = [
    ['1', 'x', '10'],
    ['2', 'x', 'NaN'],
    ['3', 'x', ''],
    ['4', 'x', '40'],
  ];
  expect(pointsOf(rows, ['a', 'b', 'c'], { x: 'a', y: 'c' })).toEqual([
    { x: 1, y: 10 },
    { x: 4, y: 40 },
  ]);
  expect(pointsOf(rows, ['a', 'b', 'c'], { x: 'a', y: 'missing' })).toEqual([]);
});

test('thinning keeps order and the bound', () => {
  const points = Array.from({ length: 1_001 }, (_, i) => ({ x: i, y: i }));
  const few = thin(points, 100);
  expect(few.length).toBeLessThanOrEqual(100);
  expect(few[0]).toEqual({ x: 0, y: 0 });
});
