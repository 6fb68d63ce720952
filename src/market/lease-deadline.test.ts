import { expect, test } from 'vitest';
import { leaseDeadlineMs, MIN_DEADLINE_MS, UNKNOWN_DEADLINE_MS } from './lease-plan.ts';

const LEASE = { tasks: 1, tasksAhead: 0, slots: 1, limitMs: 600_000 };
const PACE = { ...LEASE, msPerTask: 100 };

test('the least time doubles with each stall in a row', () => {
  const deadlines = [0, 1, 2, 3].map((stalls) => leaseDeadlineMs({ ...PACE, stalls }));
  expect(deadlines).toEqual([1, 2, 4, 8].map((times) => times * MIN_DEADLINE_MS));
  expect(leaseDeadlineMs({ ...LEASE, stalls: 1 })).toBe(2 * UNKNOWN_DEADLINE_MS);
});

test('but not beyond what the tasks may take, beside what their inputs and programs take', () => {
  const lease = { ...PACE, limitMs: 60_000, stalls: 9 };
  expect(leaseDeadlineMs(lease)).toBe(MIN_DEADLINE_MS + 60_000);
  expect(leaseDeadlineMs({ ...lease, tasksAhead: 1 })).toBe(MIN_DEADLINE_MS + 120_000);
  expect(leaseDeadlineMs({ ...PACE, limitMs: 1, stalls: 9 })).toBe(MIN_DEADLINE_MS + 1);
});

test('what was measured counts where it is more', () => {
  expect(leaseDeadlineMs({ ...LEASE, msPerTask: 60_000, stalls: 1 })).toBe(360_000);
});
