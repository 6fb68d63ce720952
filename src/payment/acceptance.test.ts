import { describe, expect, it } from 'vitest';
import type { Address } from '../protocol/primitives.ts';
import {
  judgeStanding,
  judgeVoucher,
  MAX_VIEW_AGE_MS,
  MIN_KEY_LIFE_MS,
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
  standing: {
    free: 1_000n,
    cap: 1_000n,
    spent: 0n,
    claimed: 0n,
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

function standing(change: Partial<VoucherCase['standing']>): Partial<VoucherCase> {
  return { standing: { ...honest.standing, ...change } };
}

describe('a provider', () => {
  it('accepts an honest voucher', () => {
    expect(judgeVoucher(honest)).toEqual({ kind: 'accept', uncovered: 0n });
  });

  it('accepts the first voucher of a payer', () => {
    const { last: _, ...first } = { ...honest, ...voucher({ amount: 30n, issued: 30n }) };
    expect(judgeVoucher(first)).toMatchObject({ kind: 'accept' });
  });

  it.each([
    ['payment/wrong-domain', { terms: { ...honest.terms, chainId: 1 } }],
    ['payment/wrong-domain', { terms: { ...honest.terms, pool: address('00') } }],
    ['payment/wrong-payer', voucher({ payer: address('00') })],
    ['payment/wrong-payee', voucher({ payee: address('00') })],
    ['payment/wrong-signer', { signer: address('00') }],
    ['payment/wrong-amount', voucher({ amount: 49n })],
    ['payment/wrong-amount', voucher({ amount: 51n })],
    ['payment/wrong-amount', { tasks: 2 }],
    ['payment/issued-fell', voucher({ issued: 79n })],
    ['payment/issued-fell', voucher({ issued: 109n })],
    ['payment/issued-fell', { ...voucher({ issued: 49n }), last: { amount: 20n, issued: 0n } }],
    ['payment/stale-view', standing({ readAtMs: NOW_MS - MAX_VIEW_AGE_MS - 1 })],
  ] satisfies [string, Partial<VoucherCase>][])('refuses by %s: case %#', (code, change) => {
    expect(judgeVoucher({ ...honest, ...change })).toMatchObject({ kind: 'refuse', code });
  });

  it.each([
    ['payment/key-unknown', standing({ cap: 0n, expiresAtMs: 0 })],
    ['payment/equivocated', standing({ isEquivocated: true })],
    ['payment/key-expiring', standing({ expiresAtMs: NOW_MS + MIN_KEY_LIFE_MS - 1 })],
    ['payment/key-expiring', { minKeyLifeMs: 3_600_001 }],
    ['payment/over-cap', standing({ cap: 119n })],
    ['payment/over-cap', standing({ spent: 960n })],
    ['payment/over-credit', standing({ free: 89n })],
  ] satisfies [string, Partial<VoucherCase>][])('stops and redeems by %s: case %#', (code, change) => {
    expect(judgeVoucher({ ...honest, ...change })).toMatchObject({ kind: 'stop-and-redeem', code });
  });

  it('risks up to its credit limit, others redeeming first', () => {
    expect(judgeVoucher({ ...honest, ...standing({ free: 90n }) })).toEqual({
      kind: 'accept',
      uncovered: 30n,
    });
  });

  it('risks no more than what it is owed itself', () => {
    const change = { ...standing({ free: 0n, claimed: 40n, spent: 40n }) };
    expect(judgeVoucher({ ...honest, ...change })).toEqual({ kind: 'accept', uncovered: 10n });
  });

  it('counts what it has redeemed as paid', () => {
    const change = { ...standing({ free: 70n, claimed: 50n, spent: 50n }), creditLimit: 0n };
    expect(judgeVoucher({ ...honest, ...change })).toEqual({ kind: 'accept', uncovered: 0n });
  });

  it('asks the same of a payer before any voucher', () => {
    const before = { amount: 0n, issued: 0n, standing: honest.standing, creditLimit: 0n, nowMs: NOW_MS };
    expect(judgeStanding(before)).toEqual({ kind: 'accept', uncovered: 0n });
    const unknown = { ...before, standing: { ...honest.standing, cap: 0n } };
    expect(judgeStanding(unknown)).toMatchObject({ kind: 'stop-and-redeem', code: 'payment/key-unknown' });
  });
});
