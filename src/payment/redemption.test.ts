import { expect, test } from 'vitest';
import { isRedemptionDue, LAST_KEY_LIFE_MS, MAX_VOUCHER_AGE_MS } from './redemption.ts';

const fresh = { owed: 1n, ageMs: 0, keyLifeMs: LAST_KEY_LIFE_MS + 1 };

test('a fresh voucher of a long-lived key can wait', () => {
  expect(isRedemptionDue(fresh)).toBe(false);
});

test('an old voucher, or one whose key ends soon, is due', () => {
  expect(isRedemptionDue({ ...fresh, ageMs: MAX_VOUCHER_AGE_MS })).toBe(true);
  expect(isRedemptionDue({ ...fresh, keyLifeMs: LAST_KEY_LIFE_MS })).toBe(true);
});

test('nothing owed, or a key that is dead already, is never due', () => {
  expect(isRedemptionDue({ ...fresh, owed: 0n, ageMs: MAX_VOUCHER_AGE_MS })).toBe(false);
  expect(isRedemptionDue({ ...fresh, ageMs: MAX_VOUCHER_AGE_MS, keyLifeMs: 0 })).toBe(false);
});
