import { describe, expect, it } from 'vitest';
import type { Address } from '../../protocol/primitives.ts';
import {
  judgeStanding,
  MAX_VIEW_AGE_MS,
  MIN_KEY_LIFE_MS,
  refuseVoucher,
  type StandingCase,
  type VoucherCase,
} from './acceptance.ts';

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const NOW_MS = 1_800_000_000_000;

/** The second voucher of an honest payer: 3 tasks at 10 after 2 tasks at 10; 70 promised to others. */
const honest: VoucherCase = {
  home: { chainId: 137, pool: address('ab') },
  terms: { chainId: 137, pool: address('AB'), payer: address('cd'), sessionKey: address('ef') },
  payee: address('12'),
  pricePerTask: 10n,
  tasks: 3,
  voucher: {
    payer: address('CD'),
    payee: address('12'),
    amount: 50n,
    issued: 120n,
    signature: new Uint8Array(65),
  },
  signer: address('EF'),
  last: { amount: 20n, issued: 80n },
};

/** What the chain says of that payer then. */
const good: StandingCase = {
  amount: 50n,
  issued: 120n,
  standing: {
    free: 1_000n,
    cap: 1_000n,
    spent: 0n,
    redeemed: 0n,
    highestIssued: 0n,
    claimed: 0n,
    collateral: 0n,
    expiresAtMs: NOW_MS + 3_600_000,
    isEquivocated: false,
    readAtMs: NOW_MS - 1_000,
  },
  creditLimit: 30n,
  nowMs: NOW_MS,
};

function voucher(change: Partial<VoucherCase['voucher']>): Partial<VoucherCase> {
  return { voucher: { ...honest.voucher, ...change } };
}

function standing(change: Partial<StandingCase['standing']>): Partial<StandingCase> {
  return { standing: { ...good.standing, ...change } };
}

describe('a voucher', () => {
  it('of an honest payer is kept', () => {
    expect(refuseVoucher(honest)).toBeUndefined();
  });

  it('may be the first of a payer', () => {
    const { last: _, ...first } = { ...honest, ...voucher({ amount: 30n, issued: 30n }) };
    expect(refuseVoucher(first)).toBeUndefined();
  });

  it.each([
    ['more than the price', voucher({ amount: 51n, issued: 111n })],
    ['for tasks whose verdicts were lost', { ...voucher({ amount: 90n, issued: 150n }), tasks: 7 }],
    ['a balance after a reload', { ...voucher({ amount: 1_000n, issued: 1_060n }), tasks: 0 }],
  ] satisfies [string, Partial<VoucherCase>][])('may pay %s', (_, change) => {
    expect(refuseVoucher({ ...honest, ...change })).toBeUndefined();
  });

  it.each([
    ['payment/wrong-domain', { terms: { ...honest.terms, chainId: 1 } }],
    ['payment/wrong-domain', { terms: { ...honest.terms, pool: address('00') } }],
    ['payment/wrong-payer', voucher({ payer: address('00') })],
    ['payment/wrong-payee', voucher({ payee: address('00') })],
    ['payment/wrong-signer', { signer: address('00') }],
    ['payment/wrong-amount', voucher({ amount: 49n })],
    ['payment/wrong-amount', { tasks: 4 }],
    ['payment/wrong-amount', { ...voucher({ amount: 19n }), tasks: 0 }],
    ['payment/issued-fell', voucher({ issued: 79n })],
    ['payment/issued-fell', voucher({ issued: 109n })],
    ['payment/issued-fell', voucher({ amount: 61n, issued: 120n })],
    ['payment/issued-fell', { ...voucher({ issued: 49n }), last: { amount: 20n, issued: 0n } }],
  ] satisfies [string, Partial<VoucherCase>][])('is refused by %s: case %#', (code, change) => {
    expect(refuseVoucher({ ...honest, ...change })).toMatchObject({ code });
  });
});

describe('a payer', () => {
  it('that is good is worked for', () => {
    expect(judgeStanding(good)).toMatchObject({ kind: 'accept', uncovered: 0n });
  });

  it.each([
    ['payment/stale-view', standing({ readAtMs: NOW_MS - MAX_VIEW_AGE_MS - 1 })],
    ['payment/key-unknown', standing({ cap: 0n, expiresAtMs: 0 })],
    ['payment/equivocated', standing({ isEquivocated: true })],
    ['payment/key-expiring', standing({ expiresAtMs: NOW_MS + MIN_KEY_LIFE_MS - 1 })],
    ['payment/key-expiring', { minKeyLifeMs: 3_600_001 }],
    ['payment/over-cap', standing({ cap: 119n })],
    ['payment/over-cap', standing({ spent: 960n })],
    ['payment/over-cap', standing({ highestIssued: 1_001n })],
    ['payment/over-cap', standing({ spent: 971n, redeemed: 0n, collateral: 20n })],
  ] satisfies [string, Partial<StandingCase>][])('is left by %s: case %#', (code, change) => {
    expect(judgeStanding({ ...good, ...change })).toMatchObject({ kind: 'stop-and-redeem', code });
  });

  it('is risked up to the credit limit, others redeeming first', () => {
    expect(judgeStanding({ ...good, ...standing({ free: 90n }) })).toMatchObject({
      kind: 'accept',
      uncovered: 30n,
    });
    expect(judgeStanding({ ...good, ...standing({ free: 89n }) })).toMatchObject({
      kind: 'ask-cover',
      code: 'payment/over-credit',
      missing: 31n,
    });
  });

  it('is risked no more than what is owed here', () => {
    const change = standing({ free: 0n, claimed: 40n, spent: 40n, redeemed: 40n });
    expect(judgeStanding({ ...good, ...change })).toMatchObject({ kind: 'accept', uncovered: 10n });
  });

  it('has paid what was redeemed', () => {
    const change = standing({ free: 70n, claimed: 50n, spent: 50n, redeemed: 50n });
    expect(judgeStanding({ ...good, ...change, creditLimit: 0n })).toMatchObject({
      kind: 'accept',
      uncovered: 0n,
    });
  });

  it('covers this payee by its own collateral, whatever became of the deposit', () => {
    const strict = { ...good, creditLimit: 0n };
    const covered = standing({ free: 0n, spent: 50n, collateral: 50n });
    expect(judgeStanding({ ...strict, ...covered })).toEqual({ kind: 'accept', uncovered: 0n, exposed: 0n });
    expect(judgeStanding(good)).toMatchObject({ uncovered: 0n, exposed: 50n });
    const partly = standing({ free: 0n, spent: 49n, collateral: 49n });
    expect(judgeStanding({ ...strict, ...partly })).toMatchObject({ kind: 'ask-cover', missing: 1n });
  });

  it('counts the rest of the deposit for what collateral does not cover, after the others', () => {
    const change = standing({ free: 90n, spent: 20n, collateral: 20n });
    expect(judgeStanding({ ...good, ...change })).toMatchObject({ kind: 'accept', uncovered: 10n });
  });

  it('is not held up by others who have collateral of their own', () => {
    const strict = { ...good, creditLimit: 0n };
    const change = (spent: bigint) => ({ ...strict, ...standing({ free: 50n, spent }) });
    expect(judgeStanding(change(70n))).toMatchObject({ kind: 'accept', uncovered: 0n });
    expect(judgeStanding(change(69n))).toMatchObject({ kind: 'ask-cover', missing: 1n });
  });

  it('is judged by the promises to others that the contract has seen', () => {
    const change = standing({ free: 120n, highestIssued: 140n });
    expect(judgeStanding({ ...good, ...change })).toMatchObject({ kind: 'accept', uncovered: 20n });
  });

  it('is asked the same before any voucher', () => {
    const before = { ...good, amount: 0n, issued: 0n, creditLimit: 0n };
    expect(judgeStanding(before)).toMatchObject({ kind: 'accept', uncovered: 0n });
    const unknown = { ...before, standing: { ...good.standing, cap: 0n } };
    expect(judgeStanding(unknown)).toMatchObject({ kind: 'stop-and-redeem', code: 'payment/key-unknown' });
  });
});
