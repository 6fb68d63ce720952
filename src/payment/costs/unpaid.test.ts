import { expect, test } from 'vitest';
import { mayBegin, tasksOnCredit } from './unpaid.ts';

/** One task costs 10. */
const terms = { creditLimit: 30n, pricePerUnit: 1_000n, microUnitsPerTask: 10_000 };
const none = { underWay: 0, owed: 0, givenAway: 0 };

test.each([
  [30n, 3],
  [39n, 3],
  [29n, 2],
  [9n, 1],
  [0n, 1],
])('a credit of %i pays for %i tasks', (creditLimit, tasks) => {
  expect(tasksOnCredit({ ...terms, creditLimit })).toBe(tasks);
});
test.each([
  [{}, true],
  [{ underWay: 2 }, true],
  [{ underWay: 3 }, false],
  [{ owed: 3 }, false],
  [{ givenAway: 3 }, false],
  [{ underWay: 1, owed: 1 }, true],
  [{ underWay: 1, owed: 1, givenAway: 1 }, false],
])('with %o unpaid of three a task may be begun: %s', (unpaid, may) => {
  expect(mayBegin({ ...none, ...unpaid }, terms)).toBe(may);
});
test('a limit below one task lets one be begun; free work needs no credit', () => {
  expect(mayBegin(none, { ...terms, creditLimit: 0n })).toBe(true);
  expect(mayBegin({ ...none, underWay: 1 }, { ...terms, creditLimit: 0n })).toBe(false);
  expect(mayBegin({ ...none, owed: 1e6 }, { ...terms, pricePerUnit: 0n })).toBe(true);
});
