import { expect, test } from 'vitest';
import { Cell } from './observable.ts';

test('tells its value at once and at each change, until it is stopped', () => {
  const cell = new Cell(1);
  const seen: number[] = [];
  const stop = cell.subscribe((value) => seen.push(value));
  cell.set(2);
  expect(cell.value).toBe(2);
  stop();
  cell.set(3);
  expect(seen).toEqual([1, 2]);
  expect(cell.value).toBe(3);
});

test('a listener may stop itself while it is told, and the others still hear', () => {
  const cell = new Cell(0);
  const seen: string[] = [];
  const stop = cell.subscribe((value) => {
    seen.push(`once ${value}`);
    if (value === 1) stop();
  });
  cell.subscribe((value) => seen.push(`always ${value}`));
  cell.set(1);
  cell.set(2);
  expect(seen).toEqual(['once 0', 'always 0', 'once 1', 'always 1', 'always 2']);
});

test('a listener added while others are told hears the value once', () => {
  const cell = new Cell(0);
  const seen: number[] = [];
  let isAdded = false;
  cell.subscribe((value) => {
    if (value === 0 || isAdded) return;
    isAdded = true;
    cell.subscribe((late) => seen.push(late));
  });
  cell.set(5);
  expect(seen).toEqual([5]);
});
