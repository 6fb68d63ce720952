import { expect, test } from 'vitest';
import { remedyWords } from './remedy-words.ts';

test.each([
  ['too-little', 'ask for 4 GiB GPU memory: 3 more', true, 'Ask for 4 GiB GPU memory in a new job: 3 more.'],
  ['too-little', 'ask for 4 GiB GPU memory: 3 more', false, 'Ask for 4 GiB GPU memory: 3 more.'],
  ['lacks-feature', 'do without shader-f16: 1 more', true, 'Do without shader-f16 in a new job: 1 more.'],
  ['no-free-slot', 'wait until they are free: 2 more', true, 'Wait until they are free: 2 more.'],
] as const)('%s: %s', (code, text, isUnderWay, words) =>
  expect(remedyWords({ code, text }, isUnderWay)).toBe(words),
);
