import { expect, test } from 'vitest';
import { missingDeposit } from './left-over.ts';

const key = { promised: 60n, cap: 100n, spent: 20n, redeemed: 20n };

test('without a deposit the whole budget is missing', () => {
  expect(missingDeposit(50n, 0n, [])).toBe(50n);
});

test('what is left over is used first', () => {
  expect(missingDeposit(50n, 30n, [])).toBe(20n);
  expect(missingDeposit(50n, 50n, [])).toBe(0n);
  expect(missingDeposit(50n, 500n, [])).toBe(0n);
});

test('what earlier keys have promised and nobody has redeemed is not left over', () => {
  expect(missingDeposit(50n, 80n, [key])).toBe(10n);
  expect(missingDeposit(50n, 80n, [key, key])).toBe(50n);
  expect(missingDeposit(50n, 30n, [key])).toBe(50n);
});

test('a key takes no more than its cap allows, and nothing once all was redeemed', () => {
  expect(missingDeposit(50n, 80n, [{ ...key, cap: 25n }])).toBe(0n);
  expect(missingDeposit(50n, 54n, [{ ...key, cap: 25n }])).toBe(1n);
  expect(missingDeposit(50n, 50n, [{ ...key, promised: 20n }])).toBe(0n);
  expect(missingDeposit(50n, 50n, [{ ...key, promised: 10n }])).toBe(0n);
});

test('collateral fills the cap, but what it does not serve may still be taken', () => {
  // 50 of the cap are set aside and locked; 30 remain for vouchers without cover.
  expect(missingDeposit(10n, 40n, [{ ...key, spent: 70n }])).toBe(0n);
  expect(missingDeposit(11n, 40n, [{ ...key, spent: 70n }])).toBe(1n);
});
