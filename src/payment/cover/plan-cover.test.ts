import { expect, test } from 'vitest';
import type { Address } from '../../protocol/primitives.ts';
import { planCover } from './plan-cover.ts';

const payee = (byte: string): Address => `0x${byte.repeat(20)}`;
const A = { payee: payee('aa'), promised: 50n, claimed: 10n, collateral: 10n };
const B = { payee: payee('bb'), promised: 100n, claimed: 20n, collateral: 0n };
const PAID = { payee: payee('cc'), promised: 30n, claimed: 30n, collateral: 0n };

test('each payee is covered for what is open, and no more', () => {
  expect(planCover([A, PAID, B], 1_000n)).toEqual([
    { payee: B.payee, amount: 80n },
    { payee: A.payee, amount: 30n },
  ]);
});

test('what there is goes to the largest first, to the last unit', () => {
  expect(planCover([A, B], 90n)).toEqual([
    { payee: B.payee, amount: 80n },
    { payee: A.payee, amount: 10n },
  ]);
  expect(planCover([A, B], 80n)).toEqual([{ payee: B.payee, amount: 80n }]);
  expect(planCover([A, B], 0n)).toEqual([]);
  expect(planCover([A, B], -5n)).toEqual([]);
});

test('nothing is set aside for whom nothing is open', () => {
  expect(planCover([PAID, { ...A, collateral: 500n }], 100n)).toEqual([]);
});
