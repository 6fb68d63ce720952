import { expect, test, vi } from 'vitest';
import { MAX_DISPUTES_KEPT, type RefusedReceipt } from '../payment/receipt/judge-receipt.ts';
import { type EndedBooks, receiptOf } from '../payment/receipt/receipt.ts';
import { seal } from '../protocol/envelope.ts';
import { AGREEMENT, PROVIDER, REQUESTOR } from '../protocol/messages.fixture.ts';
import { memoryStore } from './memory-store.ts';
import { ReceiptShelf } from './receipt-shelf.ts';

const books = (number = 1): EndedBooks => ({
  digest: number.toString(16).padStart(64, '0'),
  agreement: AGREEMENT,
  beganAtMs: AGREEMENT.issuedAt,
  endedAtMs: AGREEMENT.issuedAt + 1_000,
  ...{ accepted: 2, rejected: 0, lost: 0, paid: 18_000n },
});

function opened() {
  const store = memoryStore();
  let nowMs = 0;
  const shelf = new ReceiptShelf({
    receipts: store.collection('receipts'),
    disputes: store.collection('disputes'),
    clock: { now: () => ++nowMs, after: () => () => {} },
  });
  const refused = async () =>
    (await store.collection<RefusedReceipt>('disputes').entries()).map(([, one]) => one);
  const kept = async () => (await store.collection('receipts').entries()).length;
  return { shelf, refused, kept };
}

const signed = async (own: EndedBooks, by = PROVIDER) => seal(by, 'kiln/receipt/1', await receiptOf(own));

test('a receipt that differs is remembered with both numbers, until one comes that does not', async () => {
  const { shelf, refused, kept } = opened();
  const theirs = await signed({ ...books(), accepted: 3 });
  expect(await shelf.take(theirs, PROVIDER.peer, books())).toEqual({
    fault: expect.stringMatching(/differs .* in the tasks accepted/),
  });
  expect(await refused()).toMatchObject([
    { signer: PROVIDER.peer, agreement: books().digest, ours: { accepted: 2 }, theirs: { accepted: 3 } },
  ]);
  expect(await kept()).toBe(0);
  expect(await shelf.take(await signed(books()), PROVIDER.peer, books())).toMatchObject({
    message: { accepted: 2 },
  });
  expect([await kept(), await refused()]).toEqual([1, []]);
});

test('what another one signed is nobody’s word', async () => {
  const { shelf, refused } = opened();
  await shelf.take(await signed(books(), REQUESTOR), PROVIDER.peer, books());
  const [one] = await refused();
  expect(one).toMatchObject({ why: expect.stringMatching(/its signer/) });
  expect(one).not.toHaveProperty('theirs');
});

test('strangers fill no disk with receipts that differ: the newest are remembered', async () => {
  const { shelf, refused } = opened();
  for (let i = 1; i <= MAX_DISPUTES_KEPT + 2; i++)
    await shelf.take(await signed({ ...books(i), accepted: 3 }), PROVIDER.peer, books(i));
  const all = await refused();
  expect([all.length, all[0]!.agreement]).toEqual([MAX_DISPUTES_KEPT, books(3).digest]);
});

test('what goes wrong on this device is no wrong receipt', async () => {
  const shown = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const { shelf, refused } = opened();
    const broken = { ...(await signed(books())), payload: undefined } as never;
    expect(await shelf.take(broken, PROVIDER.peer, books())).toEqual({});
    expect(
      await shelf.take(await signed(books()), PROVIDER.peer, { ...books(), agreement: undefined } as never),
    ).toEqual({});
    expect(await refused()).toEqual([]);
    expect(shown).toHaveBeenCalledTimes(2);
  } finally {
    shown.mockRestore();
  }
});
