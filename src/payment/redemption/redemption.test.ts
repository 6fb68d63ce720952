import { expect, test } from 'vitest';
import { GLM } from '../costs/price.ts';
import {
  BASE_GAS,
  isRedemptionDue,
  LAST_KEY_LIFE_MS,
  MAX_VOUCHER_AGE_MS,
  redemptionCost,
  ROW_GAS,
  WORTH_REDEEMING,
} from './redemption.ts';

const fresh = { owed: 1n, ageMs: 0, keyLifeMs: LAST_KEY_LIFE_MS + 1 };
/** 30 gwei, and a coin that is worth two GLM. */
const PRICES = { weiPerGas: 30_000_000_000n, tokensPerCoin: 2n * GLM };

test('a fresh voucher of a long-lived key can wait', () => {
  expect(isRedemptionDue([fresh])).toBe(false);
  expect(isRedemptionDue([fresh], PRICES)).toBe(false);
});

test('an old voucher, or one whose key ends soon, is due, whatever it is worth', () => {
  expect(isRedemptionDue([fresh, { ...fresh, ageMs: MAX_VOUCHER_AGE_MS }], PRICES)).toBe(true);
  expect(isRedemptionDue([{ ...fresh, keyLifeMs: LAST_KEY_LIFE_MS }, fresh], PRICES)).toBe(true);
});

test('nothing owed, or a key that is dead already, is never due', () => {
  const late = { ...fresh, ageMs: MAX_VOUCHER_AGE_MS };
  expect(isRedemptionDue([])).toBe(false);
  expect(isRedemptionDue([], { ...PRICES, weiPerGas: 0n })).toBe(false);
  expect(isRedemptionDue([{ ...late, owed: 0n }], { ...PRICES, weiPerGas: 0n })).toBe(false);
  expect(isRedemptionDue([{ ...late, owed: 10n ** 30n, keyLifeMs: 0 }], PRICES)).toBe(false);
});

test('a redemption costs its gas in tokens, rounded up', () => {
  expect(redemptionCost(1, PRICES)).toBe((BASE_GAS + ROW_GAS) * 60_000_000_000n);
  expect(redemptionCost(3, { weiPerGas: 1n, tokensPerCoin: 1n })).toBe(1n);
});

test('vouchers are due together once they are worth many times the gas of all of them, to the last unit', () => {
  const worth = WORTH_REDEEMING * redemptionCost(2, PRICES);
  const one = { ...fresh, owed: worth - 1n };
  expect(isRedemptionDue([one, { ...fresh, owed: 1n }], PRICES)).toBe(true);
  expect(isRedemptionDue([{ ...one, owed: worth - 2n }, fresh], PRICES)).toBe(false);
  expect(isRedemptionDue([one, { ...fresh, keyLifeMs: 0 }], PRICES)).toBe(true);
});
