import { describe, expect, test } from 'vitest';
import { DIGEST_HEX, identityOf, SOME_CID } from '../protocol/messages.fixture.ts';
import type { Address } from '../protocol/primitives.ts';
import type { Receipt } from '../protocol/receipt.ts';
import { credit, paymentReliability, reliability } from './bound.ts';
import { newRecord, note } from './record.ts';
import {
  MAX_PER_PAYER,
  MAX_SECOND_HAND,
  STRANGER_TRUST,
  type Testimony,
  weighReceipts,
} from './second-hand.ts';

const PRICE = 1_000n;
const account = (number: number): Address => `0x${number.toString(16).padStart(40, '0')}`;
const SUBJECT = identityOf(7).peer;
const stranger = newRecord(0);

/** A receipt of requestor `number`, who paid from an account of its own. */
function testimony(
  number: number,
  change: Partial<Receipt> & { redeemed?: bigint; trust?: number } = {},
): Testimony {
  const { redeemed, trust = STRANGER_TRUST, ...receipt } = change;
  const accepted = receipt.accepted ?? 100;
  const paid = receipt.paid ?? PRICE * BigInt(accepted);
  return {
    receipt: {
      agreement: DIGEST_HEX,
      job: SOME_CID,
      kind: 'wasi',
      requestor: identityOf(number).peer,
      provider: SUBJECT,
      payee: account(1_000),
      payment: { chainId: 1, pool: account(1), payer: account(number), sessionKey: account(number + 500) },
      policy: { kind: 'trust', auditRate: 0 },
      accepted,
      rejected: 0,
      lost: 0,
      paid,
      beganAt: 0,
      endedAt: 1,
      ...receipt,
    },
    signer: identityOf(number).peer,
    trust,
    redeemed: redeemed ?? paid,
    dealingPrice: PRICE,
  };
}

describe('a sybil ring', () => {
  const members = Array.from({ length: 100 }, (_, i) => i + 20);

  test('that praises itself and redeems nothing is worth as much as a stranger', () => {
    const praise = members.map((one) => testimony(one, { accepted: 1_000_000, redeemed: 0n }));
    expect(weighReceipts(praise)).toEqual({ good: 0, bad: 0 });
    expect(reliability(stranger, weighReceipts(praise))).toBe(reliability(stranger));
  });
  test('that redeems has paid at least the price of all it gains', () => {
    for (const spent of [1n, 10n, 100n, 1_000n]) {
      const ring = members.map((one) => testimony(one, { accepted: 1_000_000, redeemed: PRICE * spent }));
      const total = Number(spent) * ring.length;
      const { good } = weighReceipts(ring);
      expect(good).toBeLessThanOrEqual(total * STRANGER_TRUST + 1e-9);
      expect(good).toBeLessThanOrEqual(MAX_SECOND_HAND);
    }
  });
  test('gets no further with any money than somebody with 30 good results of its own', () => {
    const rich = members.map((one) => testimony(one, { accepted: 1e9, paid: 10n ** 30n }));
    expect(weighReceipts(rich).good).toBe(MAX_SECOND_HAND);
    expect(reliability(stranger, weighReceipts(rich))).toBeLessThan(
      reliability(note(stranger, 'valid', 0, 30)),
    );
  });
  test('with one purse is one payer, however many names it has', () => {
    const purse = { chainId: 1, pool: account(1), payer: account(9), sessionKey: account(10) };
    const names = members.map((one) => testimony(one, { payment: purse, paid: 10n ** 20n, accepted: 1e6 }));
    expect(weighReceipts(names).good).toBe(MAX_PER_PAYER);
  });
  test('pays for each receipt: what was redeemed once is shared, not counted again', () => {
    const purse = { chainId: 1, pool: account(1), payer: account(9), sessionKey: account(10) };
    const one = testimony(20, { payment: purse, accepted: 10, redeemed: PRICE * 10n });
    const twice = [one, testimony(21, { payment: purse, accepted: 10, redeemed: PRICE * 10n })];
    expect(weighReceipts(twice).good).toBeCloseTo(weighReceipts([one]).good, 9);
  });
  test('cannot sell a million tasks for the price of one', () => {
    const cheap = testimony(20, { accepted: 1_000_000, paid: PRICE });
    expect(weighReceipts([cheap]).good).toBeCloseTo(STRANGER_TRUST, 9);
  });
});

describe('honest receipts', () => {
  test('lift a stranger a little, and more when their signers are trusted', () => {
    const strangers = [21, 22, 23].map((one) => testimony(one, { accepted: 30 }));
    const friends = [21, 22, 23].map((one) => testimony(one, { accepted: 30, trust: 0.9 }));
    const [none, some, more] = [[], strangers, friends].map((list) =>
      reliability(stranger, weighReceipts(list)),
    ) as [number, number, number];
    expect(some).toBeGreaterThan(none);
    expect(more).toBeGreaterThan(some);
    expect(paymentReliability(stranger, weighReceipts(friends))).toBe(more);
    expect(credit(stranger, weighReceipts(friends))).toBeCloseTo(1 + (3 * MAX_PER_PAYER) / 200, 9);
  });
  test('count only as far as they were redeemed', () => {
    const half = testimony(21, { accepted: 10, redeemed: PRICE * 5n });
    expect(weighReceipts([half]).good).toBeCloseTo(5 * STRANGER_TRUST, 6);
  });
  test('that tell of rejected work count against it, redeemed or not', () => {
    const bad = testimony(21, { accepted: 0, paid: 0n, rejected: 2, lost: 4, trust: 0.5 });
    expect(weighReceipts([bad])).toEqual({ good: 0, bad: 11 });
    expect(reliability(stranger, weighReceipts([bad]))).toBeLessThan(reliability(stranger));
  });
  test('do not outweigh what was seen with own eyes', () => {
    const praised = weighReceipts([21, 22, 23, 24].map((one) => testimony(one, { trust: 1 })));
    expect(reliability(note(stranger, 'wrong', 0, 5), praised)).toBeLessThan(0.3);
  });
});
