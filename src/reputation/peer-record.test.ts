import { describe, expect, test } from 'vitest';
import type { KilnError } from '../base/errors.ts';
import { MAX_RECORD_BYTES, MAX_RECORD_RECEIPTS } from '../protocol/constants.ts';
import { identityOf, NOW_MS } from '../protocol/messages.fixture.ts';
import { bestReceipts } from './best-receipts.ts';
import { openPeerRecord, type SignedReceipt } from './peer-record.ts';
import { receiptFor, recordBytes, sealedReceipt } from './receipts.fixture.ts';

const OWNER = identityOf(31);
const [PAYER, OTHER] = [identityOf(32), identityOf(33)];
const digest = (number: number) => number.toString(16).padStart(64, '0');

const refusal = (bytes: Uint8Array, owner = OWNER) =>
  openPeerRecord(bytes, owner.peer).then(
    () => 'accepted',
    (error: unknown) => (error as KilnError).code,
  );

test('a record holds what others signed of its owner, on either side', async () => {
  const worked = sealedReceipt(PAYER, receiptFor(PAYER, OWNER));
  const asked = sealedReceipt(OTHER, receiptFor(OWNER, OTHER));
  const { receipts } = await openPeerRecord(recordBytes(OWNER, [worked, asked]), OWNER.peer);
  expect(receipts.map(({ signer }) => signer)).toEqual([PAYER.peer, OTHER.peer]);
});

describe('nobody', () => {
  test('shows the record of another, or vouches for itself', async () => {
    const own = sealedReceipt(PAYER, receiptFor(PAYER, OWNER));
    expect(await refusal(recordBytes(OWNER, [own]), OTHER)).toBe('record/wrong-owner');
    expect(await refusal(recordBytes(OTHER, [own], { owner: OWNER.peer }))).toBe('record/wrong-owner');
    expect(await refusal(recordBytes(OTHER, [own]), OTHER)).toBe('record/foreign-receipt');
    const self = sealedReceipt(OWNER, receiptFor(PAYER, OWNER));
    expect(await refusal(recordBytes(OWNER, [self]))).toBe('record/foreign-receipt');
    const alone = sealedReceipt(OWNER, receiptFor(OWNER, OWNER));
    expect(await refusal(recordBytes(OWNER, [alone]))).toBe('record/foreign-receipt');
  });
  test('counts one agreement twice, or changes a receipt', async () => {
    const own = sealedReceipt(PAYER, receiptFor(PAYER, OWNER));
    const more = sealedReceipt(PAYER, receiptFor(PAYER, OWNER, { accepted: 500 }));
    expect(await refusal(recordBytes(OWNER, [own, more]))).toBe('record/repeats');
    const bent = { ...own, payload: more.payload };
    expect(await refusal(recordBytes(OWNER, [bent]))).toBe('envelope/bad-signature');
  });
  test('sends more than a record may hold', async () => {
    const many = Array.from({ length: MAX_RECORD_RECEIPTS + 1 }, (_, i) =>
      sealedReceipt(PAYER, receiptFor(PAYER, OWNER, { agreement: digest(i) })),
    );
    expect(await refusal(recordBytes(OWNER, many))).toBe('protocol/invalid');
    expect(await refusal(new Uint8Array(MAX_RECORD_BYTES + 1))).toBe('protocol/too-large');
  });
});

test('the best receipts are many signers’, well paid and new, and fit a record', async () => {
  const signed = (signer: typeof PAYER, number: number, paid: bigint, daysAgo = 0): SignedReceipt => {
    const endedAt = NOW_MS - daysAgo * 86_400_000;
    const receipt = receiptFor(signer, OWNER, { agreement: digest(number), paid, beganAt: 0, endedAt });
    return { receipt, signer: signer.peer, envelope: sealedReceipt(signer, receipt) };
  };
  const rich = Array.from({ length: 80 }, (_, i) => signed(PAYER, i, 1_000_000n - BigInt(i)));
  const poor = signed(OTHER, 200, 1n);
  const best = bestReceipts([...rich, poor], NOW_MS);
  expect(best.length).toBeLessThanOrEqual(MAX_RECORD_RECEIPTS);
  expect(best.length).toBeGreaterThan(40);
  expect(best.slice(0, 2)).toEqual([rich[0], poor]);
  const bytes = recordBytes(
    OWNER,
    best.map(({ envelope }) => envelope),
  );
  expect(bytes.byteLength).toBeLessThanOrEqual(MAX_RECORD_BYTES);
  expect(await refusal(bytes)).toBe('accepted');
  const [first] = bestReceipts([signed(PAYER, 1, 100n, 90), signed(OTHER, 2, 50n, 0)], NOW_MS);
  expect(first?.signer).toBe(OTHER.peer);
});
