import { expect, test } from 'vitest';
import type { Policy } from '../../protocol/policy.ts';
import { heldBackTasks, MAX_HELD_BACK_TASKS } from './held-back.ts';
import { defaultCreditLimit } from './price.ts';

const ADAPTIVE: Policy = { kind: 'adaptive', auditRate: 0 };
/** One task costs 10 here. */
const terms = { policy: ADAPTIVE, creditLimit: 100n, pricePerUnit: 1_000n, microUnitsPerTask: 10_000 };

test.each([
  ['half of a credit of ten tasks', terms, 5],
  ['half, rounded down', { ...terms, creditLimit: 39n }, 1],
  ['nothing where the credit is one task: work would stop', { ...terms, creditLimit: 19n }, 0],
  ['nothing without credit', { ...terms, creditLimit: 0n }, 0],
  ['thirty at most', { ...terms, creditLimit: 10n ** 30n }, MAX_HELD_BACK_TASKS],
  ['thirty, where half of the credit is just that', { ...terms, creditLimit: 600n }, 30],
  ['twenty-nine, one unit below', { ...terms, creditLimit: 599n }, 29],
  ['thirty of free work', { ...terms, pricePerUnit: 0n }, MAX_HELD_BACK_TASKS],
  ['nothing under a quorum', { ...terms, policy: { kind: 'quorum', need: 1, limit: 3, auditRate: 1 } }, 0],
  ['nothing under trust', { ...terms, policy: { kind: 'trust', auditRate: 1 } }, 0],
] as const)('%s', (_, agreement, tasks) => {
  expect(heldBackTasks(agreement)).toBe(tasks);
});

test('with the default credit more than one task of each slot goes on beside what is held back', () => {
  for (const microUnitsPerTask of [100, 10_000, 1_000_000, 3_600_000_000]) {
    for (const slots of [1, 2, 7]) {
      const offer = { pricePerUnit: 10n ** 15n, microUnitsPerSecond: 100_000, microUnitsPerTask, slots };
      const creditLimit = defaultCreditLimit(offer);
      const held = heldBackTasks({ ...offer, policy: ADAPTIVE, creditLimit });
      const price = (offer.pricePerUnit * BigInt(microUnitsPerTask)) / 1_000_000n;
      expect(Number(creditLimit / price) - held).toBeGreaterThanOrEqual((3 * slots) / 2);
    }
  }
});
