import { expect, test } from 'vitest';
import type { Policy } from '../../protocol/policy.ts';
import { heldBackTasks, heldBeyondCredit, MAX_HELD_BACK_TASKS } from './held-back.ts';
import { defaultCreditLimit } from './price.ts';
import { tasksOnCredit } from './unpaid.ts';

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
  expect(heldBackTasks(agreement, 0)).toBe(tasks);
});

test('with the default credit more than one task of each slot goes on beside what is held back', () => {
  for (const microUnitsPerTask of [100, 10_000, 1_000_000, 3_600_000_000]) {
    for (const slots of [1, 2, 7]) {
      const offer = { pricePerUnit: 10n ** 15n, microUnitsPerSecond: 100_000, microUnitsPerTask, slots };
      const creditLimit = defaultCreditLimit(offer);
      const held = heldBackTasks({ ...offer, policy: ADAPTIVE, creditLimit }, 0);
      const price = (offer.pricePerUnit * BigInt(microUnitsPerTask)) / 1_000_000n;
      expect(Number(creditLimit / price) - held).toBeGreaterThanOrEqual((3 * slots) / 2);
    }
  }
});

test('it grows by one task for every four that were paid, up to thirty; under a quorum nothing does', () => {
  // Half of the credit is five tasks.
  expect([3, 4, 40, 99, 100, 10_000].map((paid) => heldBackTasks(terms, paid))).toEqual([
    5, 6, 15, 29, 30, 30,
  ]);
  const quorum: Policy = { kind: 'quorum', need: 1, limit: 3, auditRate: 1 };
  expect(heldBackTasks({ ...terms, policy: quorum }, 10_000)).toBe(0);
});
test('only what was paid for, and only what is held beyond half of the credit, does not count against it', () => {
  const beyond = (held: number, paid: number) => heldBeyondCredit(held, terms, paid);
  expect([beyond(30, 0), beyond(30, 3), beyond(5, 100), beyond(8, 100)]).toEqual([0, 0, 0, 3]);
  expect([beyond(15, 40), beyond(16, 40), beyond(30, 10_000), beyond(90, 10_000)]).toEqual([10, 10, 25, 25]);
});
test('whatever was paid, as much work goes on beside what is held back as at first', () => {
  for (const paid of [0, 4, 50, 100, 500]) {
    const held = heldBackTasks(terms, paid);
    const { creditLimit, pricePerUnit, microUnitsPerTask } = terms;
    const onCredit = tasksOnCredit({ creditLimit, pricePerUnit, microUnitsPerTask });
    expect(onCredit - (held - heldBeyondCredit(held, terms, paid))).toBe(5);
  }
});
