import { expect, test } from 'vitest';
import { leaseDeadlineMs, MIN_DEADLINE_MS, UNKNOWN_DEADLINE_MS } from './lease-plan.ts';

test('with the limit of its tasks, a lease lasts as long as they may, beside what their inputs and programs take', () => {
  const lease = { tasks: 1, tasksAhead: 1, slots: 1, limitMs: 60_000 };
  expect(leaseDeadlineMs({ ...lease, msPerTask: 100 })).toBe(MIN_DEADLINE_MS + 120_000);
  expect(leaseDeadlineMs(lease)).toBe(UNKNOWN_DEADLINE_MS + 120_000);
  expect(leaseDeadlineMs({ ...lease, msPerTask: 60_000 })).toBe(720_000);
});
