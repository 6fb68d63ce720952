import { describe, expect, test } from 'vitest';
import { checkSpeed, type SeenWork } from './check-speed.ts';

/** A hundred tasks of a tenth of a unit in ten seconds: one unit a second, the reference. */
const seen: SeenWork = {
  claimedMicroUnitsPerSecond: 1_000_000,
  microUnitsPerTask: 400_000,
  tasks: 100,
  busyMs: 40_000,
};

test('a machine that does what its benchmark says is believed', () => {
  expect(checkSpeed(seen)).toEqual({
    microUnitsPerSecond: 1_000_000,
    isOverstated: false,
    isTooSlow: false,
  });
});
describe('nothing is judged before enough was seen', () => {
  test.each([{ tasks: 9 }, { busyMs: 29_999 }])('%o', (change) => {
    expect(checkSpeed({ ...seen, ...change, claimedMicroUnitsPerSecond: 1e15 }, 1e15)).toBeUndefined();
  });
});
test.each([
  [10_000_000, false, undefined],
  [10_000_001, true, 'it does 1 × the reference, its benchmark says 10 ×'],
  [1e12, true, 'it does 1 × the reference, its benchmark says 1000000 ×'],
])('a claim of %i is overstated: %s', (claimedMicroUnitsPerSecond, isOverstated, text) => {
  expect(checkSpeed({ ...seen, claimedMicroUnitsPerSecond })).toMatchObject(
    text === undefined ? { isOverstated } : { isOverstated, text },
  );
});
test.each([
  [4_000_000, false, undefined],
  [4_000_001, true, 'it does 1 × the reference, the job asks for 4 ×'],
])('a job that asks for %i gets one that is too slow: %s', (needed, isTooSlow, text) => {
  const verdict = checkSpeed(seen, needed);
  expect([verdict?.isTooSlow, verdict?.text]).toEqual([isTooSlow, text]);
});
test('a machine that is five times slower because it is in use is nobody’s liar', () => {
  expect(checkSpeed({ ...seen, tasks: 20 })).toMatchObject({ isOverstated: false });
});
test('without a claim only the job’s own need is judged', () => {
  const { claimedMicroUnitsPerSecond: _, ...unclaimed } = seen;
  expect(checkSpeed(unclaimed)).toMatchObject({ isOverstated: false });
  expect(checkSpeed({ ...unclaimed, busyMs: 4_000_000 }, 1_000_000)).toMatchObject({ isTooSlow: true });
});
