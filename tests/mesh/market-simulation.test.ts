import { describe, expect, test } from 'vitest';
import { ALWAYS_CHEATING, CHEATS, type CheatSort, LOW_RATE_CHEATS } from '../../bench/market-sim/mixes.ts';
import { type Outcome, ratio } from '../../bench/market-sim/outcome.ts';
import { BoincRules, KilnRules, QuorumRules, type Rules, SingleRules } from '../../bench/market-sim/rules.ts';
import { simulate } from '../../bench/market-sim/simulate.ts';
import { UNPAYING, unpaidWork } from '../../bench/market-sim/unpaid-work.ts';

/** A twentieth of the bench's job, for a third of its seats: each provider does some 300 tasks. */
const SCALE = { providers: 500, tasks: 6_000, seats: 20 };
const SEEDS = [1, 2];

/** All seeds of one mix. */
function outcomes(rules: () => Rules, sort: CheatSort, share = 0.1): Outcome[] {
  return SEEDS.map((seed) => simulate(rules(), sort, share, SCALE, seed));
}
const kiln = () => new KilnRules();
const wrongOf = (all: readonly Outcome[]) => all.reduce((sum, { wrong }) => sum + wrong, 0);

describe('Kiln’s own rules', () => {
  test('an honest crowd, some of it slow or flaky: right, complete, nobody banned', () => {
    for (const outcome of outcomes(kiln, 'lazy', 0)) {
      expect(outcome).toMatchObject({ wrong: 0, open: 0, honestBanned: 0 });
      expect(outcome.extra).toBeLessThan(0.15);
    }
  });
  test.each(ALWAYS_CHEATING)('one in ten is %s: no lie is accepted, and cheating does not pay', (sort) => {
    for (const outcome of outcomes(kiln, sort)) {
      expect(outcome).toMatchObject({ wrong: 0, open: 0 });
      expect(outcome.cheatsSeated).toBeGreaterThan(0);
      expect(outcome.extra).toBeLessThan(0.3);
      expect(ratio([outcome.income])).toBeLessThan(0.5);
      expect(outcome.longestWait).toBeLessThan(0.01);
    }
  });
  test.each(LOW_RATE_CHEATS)('one in ten is %s: fewer lies pass than under BOINC’s rule', (sort) => {
    const ours = outcomes(kiln, sort);
    expect(wrongOf(ours)).toBeLessThan(wrongOf(outcomes(() => new BoincRules(), sort)));
    expect(wrongOf(ours)).toBeLessThanOrEqual(12);
  });
  test('the same seed gives the same job', () => {
    expect(simulate(kiln(), 'low-rate ring', 0.1, SCALE, 3)).toEqual(
      simulate(kiln(), 'low-rate ring', 0.1, SCALE, 3),
    );
  });
});

describe('what others would accept: the test of this test', () => {
  test('who checks nothing takes every lie', () => {
    for (const sort of Object.keys(CHEATS) as CheatSort[]) {
      expect(wrongOf(outcomes(() => new SingleRules(), sort))).toBeGreaterThan(5);
    }
  });
  test.each([
    ['a plain quorum of two', () => new QuorumRules()],
    ['BOINC’s rule as published', () => new BoincRules()],
  ])('%s believes colluders that meet', (_, rules) => {
    expect(wrongOf(outcomes(rules, 'colluders and sleepers'))).toBeGreaterThan(5);
  });
});

test.each(Object.keys(UNPAYING) as (keyof typeof UNPAYING)[])(
  'a requestor that %s gets no more than the credit limit for nothing, and a quarter of what it paid',
  (requestor) => {
    const policy = { kind: 'adaptive', auditRate: 0 } as const;
    const terms = { policy, creditLimit: 120n, pricePerUnit: 1_000n, microUnitsPerTask: 10_000 };
    for (const slots of [1, 4, 100]) {
      const { unpaid, paid, bound } = unpaidWork(requestor, terms, slots);
      expect(unpaid).toBeGreaterThan(0);
      expect(unpaid).toBeLessThanOrEqual(bound);
      expect(bound).toBeLessThanOrEqual(12 + Math.min(30, paid / 4));
    }
  },
);
