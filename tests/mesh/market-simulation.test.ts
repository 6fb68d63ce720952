import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { type Kind, MarketSimulation } from './market-simulation.ts';

const TASKS = 5_000;
const trust: Policy = { kind: 'trust', auditRate: 0 };
const quorum: Policy = { kind: 'quorum', need: 2, limit: 5, auditRate: 0 };
const audited: Policy = { kind: 'adaptive', auditRate: 0.05 };
const adaptive: Policy = { kind: 'adaptive', auditRate: 0 };

/** Two jobs of the same sort with different chance, added up. */
function simulate(policy: Policy, crowd: Partial<Record<Kind, number>>) {
  const outcomes = [1, 2].map((seed) =>
    new MarketSimulation(policy, TASKS, crowd, seededRandom(seed)).run(5_000),
  );
  const sum = (pick: (outcome: (typeof outcomes)[number]) => number) =>
    outcomes.reduce((total, one) => total + pick(one), 0);
  return {
    wrongShare: sum(({ wrong }) => wrong) / (2 * TASKS),
    paidLiesShare: sum(({ paidLies }) => paidLies) / (2 * TASKS),
    overhead: sum(({ overhead }) => overhead) / 2,
    unsettled: sum(({ unsettled }) => unsettled),
    bannedCheats: sum(({ bannedCheats }) => bannedCheats),
    bannedHonest: sum(({ bannedHonest }) => bannedHonest),
  };
}

describe('honest crowds, some of them flaky', () => {
  test.each([
    ['trust', trust, 1.1],
    ['quorum of 2', quorum, 2.2],
    ['adaptive', adaptive, 1.35],
  ])('%s: right, nobody banned, overhead below %s', (_, policy, overhead) => {
    const outcome = simulate(policy, { honest: 40, flaky: 10 });
    expect(outcome).toMatchObject({ wrongShare: 0, unsettled: 0, bannedHonest: 0 });
    expect(outcome.overhead).toBeLessThan(overhead);
  });
});

describe('one in ten delivers garbage without computing', () => {
  test('trust pays for it: the test of this test', () => {
    expect(simulate(trust, { honest: 45, lazy: 5 }).wrongShare).toBeGreaterThan(0.05);
  });
  test.each([
    ['quorum', quorum],
    ['adaptive', adaptive],
  ])('%s accepts and pays none of it and bans them all', (_, policy) => {
    const outcome = simulate(policy, { honest: 45, lazy: 5 });
    expect(outcome).toMatchObject({
      wrongShare: 0,
      paidLiesShare: 0,
      unsettled: 0,
      bannedCheats: 10,
      bannedHonest: 0,
    });
  });
});

describe('one in ten agrees on the same lies', () => {
  test('a quorum accepts less than 1 in 1,000, because accomplices are seldom given the same task', () => {
    const outcome = simulate(quorum, { honest: 45, colluding: 5 });
    expect(outcome.wrongShare).toBeLessThan(0.001);
    expect(outcome.bannedCheats).toBeGreaterThanOrEqual(9);
    expect(outcome.bannedHonest).toBeLessThanOrEqual(1);
  });
  test('those that lie only once trusted cost adaptive checking little when it audits 1 in 20', () => {
    const outcome = simulate(audited, { honest: 45, sleeper: 5 });
    expect(outcome.wrongShare).toBeLessThan(0.002);
    expect(outcome.paidLiesShare).toBeLessThan(0.03);
    expect(outcome.overhead).toBeLessThan(1.4);
    expect(outcome.bannedHonest).toBe(0);
  });
  test('without audits adaptive lets some through, as its description says', () => {
    expect(simulate(adaptive, { honest: 45, sleeper: 5 }).wrongShare).toBeLessThan(0.03);
  });
});
