import { describe, expect, test } from 'vitest';
import { receiptSchema } from '../../protocol/receipt.ts';
import { MAX_NEGOTIATE_FRAME_BYTES } from '../../protocol/constants.ts';
import { open, seal } from '../../protocol/envelope.ts';
import {
  ADDRESS,
  AGREEMENT,
  DIGEST_HEX,
  identityOf,
  NOW_MS,
  PROVIDER,
  REQUESTOR,
} from '../../protocol/messages.fixture.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import {
  type EndedBooks,
  openReceipt,
  receiptFaults,
  receiptKey,
  receiptOf,
  voucherHash,
} from './receipt.ts';

const BOOKS: EndedBooks = {
  digest: DIGEST_HEX,
  agreement: AGREEMENT,
  beganAtMs: NOW_MS,
  endedAtMs: NOW_MS + 3_600_000,
  accepted: 40,
  rejected: 0,
  lost: 3,
  paid: 360_000n,
  voucher: { payer: ADDRESS as `0x${string}`, payee: ADDRESS as `0x${string}`, amount: 5n, issued: 9n },
};

test('a receipt says what the books say, and fits its schema and an envelope', async () => {
  const receipt = await receiptOf(BOOKS);
  const { job, kind, requestor, provider, payee, payment, policy } = AGREEMENT;
  expect(receipt).toEqual({
    ...{ job, kind, requestor, provider, payee, payment, policy },
    agreement: DIGEST_HEX,
    ...{ accepted: 40, rejected: 0, lost: 3, paid: 360_000n },
    voucher: await voucherHash(payment, BOOKS.voucher!),
    beganAt: NOW_MS,
    endedAt: NOW_MS + 3_600_000,
  });
  const envelope = seal(REQUESTOR, 'kiln/receipt/1', receipt);
  expect((await open(envelope, 'kiln/receipt/1', receiptSchema, MAX_NEGOTIATE_FRAME_BYTES)).message).toEqual(
    receipt,
  );
  expect(await receiptFaults(receipt, BOOKS)).toEqual([]);
  expect(receiptKey('peer', 'digest')).toBe('peer/digest');
});

test('no voucher, no hash; and an end before the beginning is none', async () => {
  const { voucher: _, ...unpaid } = BOOKS;
  const receipt = await receiptOf({ ...unpaid, endedAtMs: NOW_MS - 1 });
  expect('voucher' in receipt).toBe(false);
  expect(receipt.endedAt).toBe(NOW_MS);
});

test('a voucher is named by payer, payee, amount and total, whatever the case of its addresses', async () => {
  const { payment } = AGREEMENT;
  const { voucher } = BOOKS;
  const hash = await voucherHash(payment, voucher!);
  expect(hash).toHaveLength(32);
  const upper = { ...voucher!, payee: `0x${ADDRESS.slice(2).toUpperCase()}` as const };
  expect(await voucherHash(payment, upper)).toEqual(hash);
  for (const change of [{ amount: 6n }, { issued: 10n }, { payee: `0x${'cd'.repeat(20)}` as const }])
    expect(await voucherHash(payment, { ...voucher!, ...change })).not.toEqual(hash);
  expect(await voucherHash({ ...payment, chainId: 1 }, voucher!)).not.toEqual(hash);
});

describe('a receipt that lies is refused by the name of the lie', () => {
  const other = `0x${'cd'.repeat(20)}`;
  const lies: [string, Partial<Receipt>][] = [
    ['the agreement', { agreement: 'a'.repeat(64) }],
    ['the job', { kind: 'wgsl' }],
    ['the job', { job: 'bafkreicjg6xtowxrwdwttkcwxngp75gt6gwegcv546nztfes6lo4aptrhi' }],
    ['the requestor', { requestor: identityOf(9).peer }],
    ['the provider', { provider: identityOf(9).peer }],
    ['the payee', { payee: other }],
    ['the payment terms', { payment: { ...AGREEMENT.payment, payer: other } }],
    ['the check policy', { policy: { kind: 'trust', auditRate: 0 } }],
    ['the tasks accepted', { accepted: 39 }],
    ['the tasks accepted', { accepted: 41 }],
    ['the tasks rejected', { rejected: 1 }],
    ['the tasks lost', { lost: 4 }],
    ['what was paid', { paid: 360_001n }],
    ['what was paid', { paid: 359_999n }],
    ['the newest voucher', { voucher: new Uint8Array(32) }],
    ['the times', { beganAt: NOW_MS - 1 }],
    ['the times', { endedAt: NOW_MS + 3_600_000 + 171_000 }],
    ['the times', { endedAt: NOW_MS }],
  ];
  test.each(lies)('%s: %o', async (name, lie) => {
    const receipt = { ...(await receiptOf(BOOKS)), ...lie };
    expect(await receiptFaults(receipt, BOOKS)).toEqual([name]);
    const signed = seal(REQUESTOR, 'kiln/receipt/1', receipt);
    await expect(openReceipt(signed, REQUESTOR.peer, BOOKS)).rejects.toMatchObject({
      code: 'payment/wrong-receipt',
    });
  });
  test('a voucher that one side has not got', async () => {
    const receipt = await receiptOf(BOOKS);
    const { voucher: _, ...without } = receipt;
    expect(await receiptFaults(without, BOOKS)).toEqual(['the newest voucher']);
    const { voucher: __, ...unpaid } = BOOKS;
    expect(await receiptFaults(receipt, unpaid)).toEqual(['the newest voucher']);
  });
  test('signed by another, or for something else', async () => {
    const receipt = await receiptOf(BOOKS);
    const signed = seal(PROVIDER, 'kiln/receipt/1', { ...receipt, accepted: 1 });
    await expect(openReceipt(signed, REQUESTOR.peer, BOOKS)).rejects.toMatchObject({
      code: 'payment/wrong-receipt',
      message: 'The receipt differs from what was done in its signer and the tasks accepted.',
    });
    const demand = seal(REQUESTOR, 'kiln/demand/1', receipt);
    await expect(openReceipt(demand, REQUESTOR.peer, BOOKS)).rejects.toMatchObject({
      code: 'envelope/wrong-domain',
    });
  });
  test('fewer losses than were possible, and an end a little apart, are no lies', async () => {
    const receipt = { ...(await receiptOf(BOOKS)), lost: 0, endedAt: NOW_MS + 3_600_000 - 150_000 };
    expect(await receiptFaults(receipt, BOOKS)).toEqual([]);
  });
});
