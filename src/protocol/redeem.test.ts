import { describe, expect, test } from 'vitest';
import { encode } from './codec.ts';
import { MAX_HANDED_VOUCHERS, MAX_PROOF_LEVELS, MAX_REASON_CHARS } from './constants.ts';
import { ADDRESS, type Bound, brokenBounds, changed, countBounds, verdictOn } from './messages.fixture.ts';
import { REDEEM } from './redeem.ts';

const id = countBounds('id');
const chain: Bound[] = [...countBounds('chainId', Number.MAX_SAFE_INTEGER, 1), ['pool', ADDRESS, '0x12']];
const amount = (path: string): Bound[] => [
  [path, 2n ** 128n - 1n, new Uint8Array(17)],
  [path, 0n, 0],
];
const bytes = (path: string, length: number): Bound[] => [
  [path, new Uint8Array(length), new Uint8Array(length + 1)],
  [path, new Uint8Array(length), new Uint8Array(length - 1)],
];
const VOUCHER = { payer: ADDRESS, payee: ADDRESS, amount: 1n, issued: 1n, signature: new Uint8Array(65) };
const SIBLING = { hash: new Uint8Array(32), sum: 1n, isLeft: true };
const PROOF = { root: new Uint8Array(32), limit: 1n, siblings: [SIBLING] };
const PAYOUT = {
  payee: ADDRESS,
  to: ADDRESS,
  amount: 2n,
  fee: 1n,
  nonce: 0n,
  deadline: 1,
  signature: new Uint8Array(65),
};
const HAND_OVER = {
  type: 'hand-over',
  id: 0,
  chainId: 1,
  pool: ADDRESS,
  vouchers: [{ voucher: VOUCHER, proof: PROOF }],
  payout: PAYOUT,
};
const many = <T>(one: T, count: number): [T[], T[]] => [
  new Array<T>(count).fill(one),
  new Array<T>(count + 1).fill(one),
];

const requests: Record<string, readonly [object, Bound[], string[]?]> = {
  'ask-terms': [{ type: 'ask-terms', id: 0 }, id],
  'hand-over': [
    HAND_OVER,
    [
      ...id,
      ...chain,
      ['vouchers', ...many({ voucher: VOUCHER }, MAX_HANDED_VOUCHERS)],
      ['vouchers', [{ voucher: VOUCHER }], []],
      ['vouchers.0.voucher.payee', ADDRESS, 'somebody'],
      ...amount('vouchers.0.voucher.amount'),
      ...bytes('vouchers.0.voucher.signature', 65),
      ...bytes('vouchers.0.proof.root', 32),
      ...amount('vouchers.0.proof.limit'),
      ['vouchers.0.proof.siblings', ...many(SIBLING, MAX_PROOF_LEVELS)],
      ...bytes('vouchers.0.proof.siblings.0.hash', 32),
      ['vouchers.0.proof.siblings.0.isLeft', false, 0],
      ['payout.to', ADDRESS, `${ADDRESS}0`],
      ...amount('payout.fee'),
      ...amount('payout.nonce'),
      ...countBounds('payout.deadline', 2 ** 40 - 1),
      ...bytes('payout.signature', 65),
    ],
    ['payout'],
  ],
};

const answers: Record<string, readonly [object, Bound[], string[]?]> = {
  terms: [
    { type: 'terms', id: 0, chainId: 1, pool: ADDRESS, token: ADDRESS, fee: 0n, minimum: 0n },
    [...id, ...chain, ['token', ADDRESS, 'GLM'], ...amount('fee'), ...amount('minimum')],
  ],
  accepted: [
    { type: 'accepted', id: 0, entries: [{ outcome: 'refused', code: 'redeem/busy' }] },
    [
      ...id,
      ['entries', ...many({ outcome: 'queued' }, MAX_HANDED_VOUCHERS)],
      ['entries', [{ outcome: 'known' }], []],
      ['entries.0.outcome', 'known', 'paid'],
      ['entries.0.code', 'a'.repeat(60), 'a'.repeat(61)],
      ['entries.0.code', 'redeem/full', 'Redeem it!'],
    ],
  ],
  refused: [
    { type: 'refused', id: 0, code: 'redeem/full', reason: 'x' },
    [
      ...id,
      ['code', 'redeem/full', ''],
      ['reason', 'x'.repeat(MAX_REASON_CHARS), 'x'.repeat(MAX_REASON_CHARS + 1)],
    ],
  ],
};

describe.each([
  ['a payee asks', REDEEM.toListener, requests],
  ['the relay answers', REDEEM.toDialer, answers],
] as const)('what %s', (_, schema, messages) => {
  test.each(Object.entries(messages))(
    '%s: each bound, and nothing beside',
    (_name, [message, bounds, optional]) => {
      expect(brokenBounds(schema, message, bounds)).toEqual([]);
      expect(verdictOn(schema, { ...message, extra: 1 })).toBe('protocol/invalid at extra');
      for (const name of Object.keys(message)) {
        const expected = optional?.includes(name) === true ? 'accepted' : `protocol/invalid at ${name}`;
        expect(verdictOn(schema, changed(message, name, undefined))).toBe(expected);
      }
    },
  );
  test('what is none of these is refused', () => {
    expect(verdictOn(schema, { type: 'redeem-everything', id: 0 })).toBe('protocol/invalid at type');
  });
  test('every message of this direction is tested here', () => {
    const types = schema.options.map(({ entries: { type } }) => type.literal);
    expect(types.toSorted()).toEqual(Object.keys(messages).toSorted());
  });
});

test('the largest hand-over fits its frame', () => {
  const proof = { ...PROOF, siblings: many(SIBLING, MAX_PROOF_LEVELS)[0] };
  const vouchers = many({ voucher: VOUCHER, proof }, MAX_HANDED_VOUCHERS)[0];
  expect(encode({ ...HAND_OVER, vouchers }).byteLength).toBeLessThan(REDEEM.maxFrameBytes);
});
