import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Split } from '../protocol/manifest.ts';
import { taskCount, taskParameters } from './split.ts';

const range = (from: number, to: number, step: number): Split => ({ by: 'range', name: 'x', from, to, step });

test('a task sees its first number, its end and its index', () => {
  expect(taskParameters(range(10, 20, 4), 1)).toEqual({ index: 1, x: 14, x_end: 18 });
});

test('the last task ends where the range ends', () => {
  expect(taskParameters(range(10, 20, 4), 2)).toEqual({ index: 2, x: 18, x_end: 20 });
});

test('an empty or backward range has no task', () => {
  expect(taskCount(range(5, 5, 1))).toBe(0);
  expect(taskCount(range(5, 1, 1))).toBe(0);
});

test.each([-1, 3, 0.5, Number.NaN])('task %s of three is refused', (index) => {
  expect(() => taskParameters(range(0, 9, 3), index)).toThrow(
    expect.objectContaining({ code: 'job/no-such-task' }),
  );
});

test('tasks cover the range once, without gap or overlap', () => {
  const numbers = fc.tuple(
    fc.integer({ min: -1000, max: 1000 }),
    fc.integer({ min: 0, max: 500 }),
    fc.integer({ min: 1, max: 99 }),
  );
  fc.assert(
    fc.property(numbers, ([from, length, step]) => {
      const split = range(from, from + length, step);
      let next = from;
      for (let i = 0; i < taskCount(split); i++) {
        const { x, x_end } = taskParameters(split, i);
        if (x !== next || x_end! <= x!) return false;
        next = x_end!;
      }
      return next === from + length;
    }),
  );
});
