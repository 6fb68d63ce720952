import { expect, test } from 'vitest';
import { affordableFresh, type Means } from './affordable-fresh.ts';

/** One provider at 10 for a task that two have to do, a budget of 100, and nothing under way. */
const MEANS: Means = {
  price: 10n,
  seatedPrices: [10n],
  budgetRest: 100n,
  unpaid: 0n,
  pendingReplicas: 0,
  closingChecks: 0,
  resultsPerTask: 2,
};

test.for<[string, Partial<Means>, number]>([
  ['the whole budget, when nothing is under way', {}, 5],
  ['what is left over for no whole task begins none', { budgetRest: 119n }, 5],
  ['exactly one task', { budgetRest: 20n }, 1],
  ['one unit short of a task', { budgetRest: 19n }, 0],
  ['nothing left', { budgetRest: 0n }, 0],
  ['the dearest of those seated may take the replicas', { seatedPrices: [10n, 25n, 5n] }, 2],
  ['the dearest is whom the tasks are for', { seatedPrices: [5n] }, 5],
  ['nobody has a seat yet', { seatedPrices: [] }, 5],
  ['what may still have to be paid is kept', { unpaid: 30n }, 3],
  ['replicas that are waited for are kept', { pendingReplicas: 3 }, 3],
  ['checks before the job closes are kept', { closingChecks: 5 }, 2],
  [
    'all of that together, at the dearest price',
    { unpaid: 9n, pendingReplicas: 1, closingChecks: 1, seatedPrices: [20n] },
    1,
  ],
  ['more is under way than there is money for', { unpaid: 200n }, 0],
  ['one result a task', { resultsPerTask: 1 }, 10],
  ['some tasks get one more result: the mean is rounded up', { resultsPerTask: 1.0501 }, 10],
  ['and counts where it costs a unit', { resultsPerTask: 1.2 }, 8],
  [
    'who works for nothing is never too dear',
    { price: 0n, budgetRest: 0n, unpaid: 10n },
    Number.MAX_SAFE_INTEGER,
  ],
  [
    'who works for nothing, beside one who does not',
    { price: 0n, seatedPrices: [10n] },
    Number.MAX_SAFE_INTEGER,
  ],
])('fresh tasks: %s', ([, changed, tasks]) => {
  expect(affordableFresh({ ...MEANS, ...changed })).toBe(tasks);
});

test('no budget is too large to count', () => {
  const budgetRest = 10n ** 30n;
  expect(affordableFresh({ ...MEANS, price: 10n ** 18n, seatedPrices: [], budgetRest })).toBe(5 * 10 ** 11);
});
