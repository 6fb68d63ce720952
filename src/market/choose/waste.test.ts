import { describe, expect, test } from 'vitest';
import {
  addUseful,
  addWasted,
  isWasteful,
  NO_WASTE,
  type WasteCount,
  type WasteKind,
  wasteText,
} from './waste.ts';

/** A count after these leases: `+` useful, `-` late in a stall of its own, `=` late in the same stall as the one before. */
function after(history: string, kind: WasteKind = 'late'): WasteCount {
  let [count, nowMs] = [NO_WASTE, 0];
  for (const one of history) {
    const leasedAtMs = one === '=' ? nowMs - 1 : nowMs;
    if (one !== '=') nowMs += 30_000;
    count = one === '+' ? addUseful(count) : addWasted(count, { kind, tasks: 1, leasedAtMs, nowMs });
  }
  return count;
}

describe('who wastes a job’s time', () => {
  test.each([
    ['three in a row', '+++---', true],
    ['two in a row', '+++--', false],
    ['a success resets the row', '++++--+--+--', false],
    ['one stall, however many leases it held', '===============', false],
    ['a machine that froze in the middle of its work', '+++=====', false],
    ['two stalls of two leases', '+++-=-=', true],
    ['more than half of five', '+--+-', true],
    ['half of four', '+-+-', false],
    ['more than half of a few is too few', '+--', false],
    ['nearly half of many', '+-'.repeat(40), false],
    ['nothing at all', '', false],
  ])('%s: %s', (_, history, expected) => {
    expect(isWasteful(after(history))).toBe(expected);
  });

  test('two results in a row that nobody can judge are enough, one after a right one is not', () => {
    expect(isWasteful(after('++++-=', 'unjudged'))).toBe(true);
    expect(isWasteful(after('+-+-+-', 'unjudged'))).toBe(false);
  });
});

test('what it did is said in words', () => {
  expect(wasteText(after('---'))).toBe('it let the time of 3 tasks run out');
  const both = addWasted(after('-'), { kind: 'unopened', tasks: 2, leasedAtMs: 0, nowMs: 1 });
  expect(wasteText(both)).toBe(
    'it let the time of 1 task run out, committed to 2 results that it did not show',
  );
  expect(wasteText(after('--', 'unjudged'))).toMatch(/^it handed in 2 results/);
});
