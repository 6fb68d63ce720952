import { describe, expect, it } from 'vitest';
import { isWorthRedeeming, MAX_VOUCHER_AGE_MS, MIN_WORTH_IN_GAS } from './redemption.ts';

describe('redeeming', () => {
  it('waits until the money is worth the gas many times', () => {
    expect(isWorthRedeeming({ owed: MIN_WORTH_IN_GAS * 5n - 1n, gasCost: 5n, ageMs: 0 })).toBe(false);
    expect(isWorthRedeeming({ owed: MIN_WORTH_IN_GAS * 5n, gasCost: 5n, ageMs: 0 })).toBe(true);
  });

  it('does not wait longer than a day, unless it would cost more than it brings', () => {
    expect(isWorthRedeeming({ owed: 6n, gasCost: 5n, ageMs: MAX_VOUCHER_AGE_MS })).toBe(true);
    expect(isWorthRedeeming({ owed: 5n, gasCost: 5n, ageMs: MAX_VOUCHER_AGE_MS })).toBe(false);
  });

  it('never sends a transaction for nothing', () => {
    expect(isWorthRedeeming({ owed: 0n, gasCost: 0n, ageMs: MAX_VOUCHER_AGE_MS })).toBe(false);
  });
});
