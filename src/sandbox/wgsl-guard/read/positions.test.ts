import { describe, expect, test } from 'vitest';
import { authorPosition, lineStarts, positionAt } from './positions.ts';

test('positionAt counts lines as editors do', () => {
  const text = 'a\nbc\r\nd\re';
  const starts = lineStarts(text);
  const places = [...text].map((_, i) => positionAt(starts, i));
  expect(places.map(({ line, column }) => `${line}:${column}`)).toEqual([
    '1:1',
    '1:2',
    '2:1',
    '2:2',
    '2:3',
    '2:4',
    '3:1',
    '3:2',
    '4:1',
  ]);
});

describe('authorPosition', () => {
  const edits = [
    { line: 2, column: 5, columns: 10 },
    { line: 2, column: 5, columns: 2 },
    { line: 2, column: 9, columns: 3 },
  ];

  test.each([
    [1, 7, 7],
    [2, 4, 4],
    [2, 5, 5], // inside what was inserted
    [2, 16, 5],
    [2, 17, 5], // the author's own
    [2, 20, 8],
    [2, 21, 9],
    [2, 23, 9],
    [2, 24, 9],
    [2, 30, 15],
  ])('line %i, column %i', (line, column, expected) => {
    expect(authorPosition(edits, line, column)).toEqual({ line, column: expected });
  });
});
