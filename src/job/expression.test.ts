import { describe, expect, test } from 'vitest';
import { evaluateExpression, parseExpression } from './expression.ts';

const parameters = { frame: 3, frame_end: 4, width: 100 };

describe('evaluateExpression', () => {
  test.each([
    [7, 7],
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 2 - 3', 5],
    ['2 * -frame', -6],
    ['- -3', 3],
    ['17 % 5', 2],
    ['-7 % 4', -3],
    ['ceil(width / 8) * frame', 39],
    ['floor(.5) + 1.5e1', 15],
    ['min(frame, max(1, 2)) + frame_end', 6],
    [' 1\t+\n1 ', 2],
  ])('%s is %d', (text, value) => expect(evaluateExpression(text, parameters)).toBe(value));

  test.each([
    ['', 'expression/bad-syntax'],
    ['1 +', 'expression/bad-syntax'],
    ['1 2', 'expression/bad-syntax'],
    ['(1', 'expression/bad-syntax'],
    ['min(1)', 'expression/bad-syntax'],
    ['alert(1)', 'expression/bad-syntax'],
    ['constructor(1)', 'expression/bad-syntax'],
    ['1 ** 2', 'expression/bad-syntax'],
    ['1; 2', 'expression/bad-syntax'],
    ['a.b', 'expression/bad-syntax'],
    ['('.repeat(100) + '1' + ')'.repeat(99), 'expression/bad-syntax'],
    ['-'.repeat(199) + '1', 'expression/bad-syntax'],
    ['1+'.repeat(120) + '1', 'expression/bad-syntax'],
    ['height', 'expression/unknown-name'],
    ['toString', 'expression/unknown-name'],
    ['1 / (frame - 3)', 'expression/division-by-zero'],
    ['1 % 0', 'expression/division-by-zero'],
    ['1e308 * 10', 'expression/not-finite'],
    [Number.NaN, 'expression/not-finite'],
  ])('refuses %s as %s', (text, code) => {
    expect(() => evaluateExpression(text, parameters)).toThrow(expect.objectContaining({ code }));
  });
});

test('names tell whether a value depends on the task', () => {
  expect([...parseExpression('frame * width + frame').names]).toEqual(['frame', 'width']);
  expect(parseExpression('4 * 1024').names.size).toBe(0);
});
