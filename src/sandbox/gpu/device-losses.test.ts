import { expect, test } from 'vitest';
import { decideAfterLoss } from './device-losses.ts';

const HOUR_MS = 3_600_000;

test('waits longer after each loss', () => {
  const losses: number[] = [];
  const waits = [0, 1, 2, 3, 4].map((n) => {
    losses.push(n * HOUR_MS);
    return decideAfterLoss(losses);
  });
  expect(waits).toEqual([2_000, 10_000, 30_000, 120_000, 120_000].map((ms) => ({ kind: 'wait', ms })));
});

test('three losses within an hour end GPU work', () => {
  expect(decideAfterLoss([0, 10, HOUR_MS - 1])).toEqual({ kind: 'end' });
  expect(decideAfterLoss([0, 10, HOUR_MS + 5]).kind).toBe('wait');
});
