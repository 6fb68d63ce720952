import { expect, test } from 'vitest';
import * as v from 'valibot';
import { type Policy, policySchema } from '../../../protocol/policy.ts';
import { choiceOf, policyChoices, sayExpectedRuns } from './policy-choices.ts';

const QUORUM: Policy = { kind: 'quorum', need: 2, limit: 4, auditRate: 0.1 };
const ADAPTIVE: Policy = { kind: 'adaptive', auditRate: 0, threshold: 0.99 };

test('each choice is a valid policy, and what the job says itself is one of them, unchanged', () => {
  for (const own of [QUORUM, ADAPTIVE, { ...QUORUM, need: 5, limit: 9 }]) {
    const choices = policyChoices(own, own, 'exact');
    for (const { policy } of choices) expect(v.parse(policySchema, policy)).toEqual(policy);
    expect(choices.find(({ id }) => id === choiceOf(own))?.policy).toEqual(own);
    expect(new Set(choices.map(({ id }) => id)).size).toBe(choices.length);
  }
});

test('audits and ringers stay when another way is chosen', () => {
  const now: Policy = { ...QUORUM, auditRate: 0.2, ringerRate: 0.05 };
  for (const { policy } of policyChoices(QUORUM, now, 'exact'))
    expect(policy).toMatchObject({ auditRate: 0.2, ringerRate: 0.05 });
});

test('what checks nothing is marked, unless a verifier checks it', () => {
  const marked = (comparator: 'exact' | 'verifier') =>
    policyChoices(QUORUM, QUORUM, comparator)
      .filter(({ isUnchecked }) => isUnchecked)
      .map(({ id }) => id);
  expect(marked('exact')).toEqual(['trust']);
  expect(marked('verifier')).toEqual([]);
  expect(sayExpectedRuns(QUORUM, 'exact')).toContain('2 paid runs');
  expect(sayExpectedRuns(QUORUM, 'verifier')).toContain('1 paid run ');
});
