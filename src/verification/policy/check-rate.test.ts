import { describe, expect, test } from 'vitest';
import type { Policy } from '../../protocol/policy.ts';
import { JobTrust } from '../job/job-trust.ts';
import { checkRate, faultShare, nextCheck, passesForTrust } from './check-rate.ts';
import { groupCredibilities, workerCredibility } from './credibility.ts';

const adaptive: Policy = { kind: 'adaptive', auditRate: 0 };

describe('how much is checked', () => {
  test('the share of cheats begins as assumed and follows what was caught', () => {
    expect(faultShare({ known: 0, caught: 0 }, 0.03)).toBeCloseTo(0.03, 12);
    // (0.03 · 30 + 10) / (30 + 100)
    expect(faultShare({ known: 100, caught: 10 }, 0.03)).toBeCloseTo(10.9 / 130, 12);
    expect(faultShare({ known: 1_000, caught: 1_000 }, 0.03)).toBe(0.5);
  });
  test('one in twenty at the least, 14 in a hundred at the most', () => {
    expect(checkRate(0)).toBe(0.05);
    expect(checkRate(0.02)).toBeCloseTo(0.08, 12);
    expect(checkRate(0.3)).toBe(0.14);
  });
  test('most of the checks come early where there are cheats, at the check rate later', () => {
    expect(nextCheck(12, 0)).toBe(1 / 12);
    expect(nextCheck(100, 0.01)).toBeCloseTo(0.065, 12);
    expect(nextCheck(20, 0.05)).toBeCloseTo(4 / 20, 12);
    expect(nextCheck(1_000, 0.05)).toBeCloseTo(0.125, 12);
  });
  test('trust begins exactly where one result alone passes the threshold, and not before the trial', () => {
    for (const f of [0.01, 0.03, 0.08, 0.3]) {
      const passes = passesForTrust(0.999, f, 1);
      expect(workerCredibility(passes, f, true)).toBeGreaterThanOrEqual(0.999);
      if (passes > 1) expect(workerCredibility(passes - 1, f, true)).toBeLessThan(0.999);
    }
    expect(passesForTrust(0.999, 0.03, 10)).toBe(12);
    expect(passesForTrust(0.9, 0.03, 10)).toBe(10);
  });
  test('the assumed share is the largest with which two strangers are believed', () => {
    const two = (f: number) => groupCredibilities([[1 - f, 1 - f]])[0]!;
    expect(two(0.03)).toBeGreaterThan(0.999);
    expect(two(0.032)).toBeLessThan(0.999);
  });
});

describe('what a job knows', () => {
  test('a newcomer is always checked, earns trust by passing, and loses it for good when caught', () => {
    const trust = new JobTrust(adaptive);
    expect(trust.neededResults('a', 0.999)).toBe(2);
    trust.pass('a', 12);
    expect(trust.isTrusted('a')).toBe(true);
    expect(trust.neededResults('a', 0.999)).toBe(1);
    expect(trust.neededResults('a', 0)).toBe(2);
    trust.catch('a');
    trust.pass('a', 100);
    expect(trust.neededResults('a', 0.999)).toBe(2);
    expect(trust.credibilityOf('a')).toBe(0);
  });
  test('each one caught raises what is checked, each one known lowers it', () => {
    const trust = new JobTrust(adaptive);
    const atFirst = trust.checkRate;
    for (let i = 0; i < 50; i++) trust.pass(`honest ${i}`, 10);
    const amongHonest = trust.checkRate;
    expect(amongHonest).toBeLessThan(atFirst);
    trust.pass('liar', 10);
    trust.catch('liar');
    trust.catch('liar');
    expect(trust.faultShare).toBeCloseTo((0.9 + 1) / (30 + 51), 12);
    expect(trust.checkRate).toBeGreaterThan(amongHonest);
    for (let i = 0; i < 50; i++) for (let j = 0; j < 10; j++) trust.withdraw(`honest ${i}`);
    trust.withdraw('nobody');
    expect(trust.faultShare).toBeCloseTo((0.9 + 1) / 31, 12);
    expect(trust.trustedFaultShare).toBeCloseTo((0.9 + 1) / 31, 12);
    trust.acquit('liar');
    for (const share of [trust.faultShare, trust.trustedFaultShare]) expect(share).toBeCloseTo(0.03, 12);
  });
  test('names thrown away in their trial say what strangers are worth, not how much trusted ones are checked', () => {
    const trust = new JobTrust(adaptive);
    for (let i = 0; i < 10; i++) trust.pass(`honest ${i}`, 10);
    const before = { rate: trust.checkRate, passes: trust.passesForTrust };
    const stranger = trust.credibilityOf('stranger');
    for (let i = 0; i < 20; i++) {
      trust.pass(`sybil ${i}`, i % 10);
      trust.catch(`sybil ${i}`);
    }
    expect({ rate: trust.checkRate, passes: trust.passesForTrust }).toEqual(before);
    expect(trust.credibilityOf('stranger')).toBeLessThan(stranger);
    trust.pass('sleeper', 10);
    trust.catch('sleeper');
    expect(trust.trustedFaultShare).toBeCloseTo((0.9 + 1) / 41, 12);
    expect(trust.checkRate).toBeGreaterThan(before.rate);
    expect(trust.passesForTrust).toBeGreaterThan(before.passes);
  });
  test('newcomers that stay in their trial do not make trusted ones look safer', () => {
    const trust = new JobTrust(adaptive);
    trust.pass('sleeper', 12);
    trust.catch('sleeper');
    const { checkRate } = trust;
    for (let i = 0; i < 100; i++) trust.pass(`newcomer ${i}`, 3);
    expect(trust.checkRate).toBe(checkRate);
  });
  test('a policy may assume and want otherwise', () => {
    const strict = new JobTrust({ kind: 'adaptive', auditRate: 0, threshold: 0.999_9, assumedFaults: 0.1 });
    expect(strict.faultShare).toBeCloseTo(0.1, 12);
    expect(strict.passesForTrust).toBe(409);
  });
  test('in a dispute everybody is worth as much as a stranger', () => {
    const trust = new JobTrust(adaptive);
    trust.pass('a', 500);
    expect(trust.credibilityOf('a')).toBeGreaterThan(0.999);
    expect(trust.credibilityOf('a', true)).toBe(trust.credibilityOf('stranger'));
  });
});
