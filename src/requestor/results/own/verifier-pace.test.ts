import { expect, test } from 'vitest';
import { VERIFIER_LIMITS } from '../../../job/limits.ts';
import { LEAST_VERIFIED, LEAST_VERIFIER_MS, VERIFIER_PATIENCE, VerifierPace } from './verifier-pace.ts';

/** The limit after checks of right results that took so long. */
function limitAfter(wallMs: readonly number[]): number {
  const pace = new VerifierPace();
  for (const ms of wallMs) pace.learn(ms);
  return pace.limitMs;
}

test('the limit follows the longest check of a right result, within bounds', () => {
  const most = VERIFIER_LIMITS.wallMs;
  expect(limitAfter([])).toBe(most);
  expect(limitAfter(new Array<number>(LEAST_VERIFIED - 1).fill(1))).toBe(most);
  expect(limitAfter([1, 1, 1])).toBe(LEAST_VERIFIER_MS);
  expect(limitAfter([100, 900, 200])).toBe(900 * VERIFIER_PATIENCE);
  expect(limitAfter([100, 9_000, 200])).toBe(most);
});
