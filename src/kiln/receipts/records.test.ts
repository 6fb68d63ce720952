import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bytes, ownBytes } from '../../base/bytes.ts';
import { chunkCid } from '../../base/cid.ts';
import { systemClock } from '../../base/time.ts';
import type { RefusedReceipt } from '../../payment/receipt/judge-receipt.ts';
import { receiptKey, type ReceiptRecord } from '../../payment/receipt/receipt.ts';
import { ADDRESS, identityOf } from '../../protocol/messages.fixture.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import { newRecord, note, type ReputationRecord } from '../../reputation/record.ts';
import { receiptFor, recordBytes, sealedReceipt } from '../../reputation/receipts.fixture.ts';
import { NO_SECOND_HAND } from '../../reputation/second-hand.ts';
import { memoryStore } from '../../storage/memory-store.ts';
import { heldClock } from '../../network/testing/held-clock.ts';
import { RecordDesk } from './record-desk.ts';
import { RecordReader } from './record-reader.ts';
import { trustIn } from './trust-in.ts';

const OWNER = identityOf(51);
const [PAYER, OTHER] = [identityOf(52), identityOf(53)];
const digest = (number: number) => number.toString(16).padStart(64, '0');

let blobs: Map<string, Bytes>;
const desks: RecordDesk[] = [];
beforeEach(() => void (blobs = new Map()));
afterEach(() => Promise.all(desks.splice(0).map((desk) => desk[Symbol.asyncDispose]())));

async function openDesk(identity = OWNER, store = memoryStore()) {
  const desk = new RecordDesk({
    identity,
    receipts: store.collection('receipts'),
    disputes: store.collection('disputes'),
    clock: heldClock(),
    put: async (bytes) => {
      const cid = await chunkCid(bytes);
      blobs.set(cid, bytes);
      return cid;
    },
    pin: (owner, cids) => store.chunks.pin(owner, cids),
    unpin: (owner) => store.chunks.unpin(owner),
  });
  desks.push(desk);
  await desk.start();
  return { desk, store };
}

async function give(store: ReturnType<typeof memoryStore>, signer: typeof PAYER, receipt: Receipt) {
  await store.collection<ReceiptRecord>('receipts').put(receiptKey(signer.peer, receipt.agreement), {
    receipt: sealedReceipt(signer, receipt),
    message: receipt,
    receivedAtMs: 0,
  });
}

describe('one’s own record', () => {
  test('is put up once there is a receipt, and says what was done on each side', async () => {
    const { desk, store } = await openDesk();
    expect(desk.own()).toBeUndefined();
    await give(store, PAYER, receiptFor(PAYER, OWNER, { rejected: 2 }));
    await give(store, OTHER, receiptFor(OWNER, OTHER, { agreement: digest(2), accepted: 7, lost: 1 }));
    await desk.renew();
    expect(blobs.get(desk.own()!.cid)?.byteLength).toBe(desk.own()!.bytes);
    expect(desk.view.value).toMatchObject({
      asProvider: { agreements: 1, counterparts: 1, accepted: 100, rejected: 2, paid: 100_000n },
      asRequestor: { agreements: 1, accepted: 7, lost: 1 },
    });
  });

  test('tells of receipts that were refused with both numbers, newest first, and shows strangers none', async () => {
    const { desk, store } = await openDesk();
    const ours = receiptFor(PAYER, OWNER);
    const one = { signer: PAYER.peer, agreement: ours.agreement, why: 'Too few.', ours, receivedAtMs: 1 };
    const receipt = sealedReceipt(PAYER, { ...ours, accepted: 1 });
    const disputes = store.collection<RefusedReceipt>('disputes');
    await disputes.put('a', { ...one, receipt, theirs: { ...ours, accepted: 1 } });
    await disputes.put('b', { ...one, receipt, receivedAtMs: 2 });
    await desk.renew();
    expect(desk.own()).toBeUndefined();
    const { accepted, rejected, lost, paid } = ours;
    expect(desk.view.value.refused).toMatchObject([
      { receivedAtMs: 2, why: 'Too few.' },
      {
        receivedAtMs: 1,
        ours: { accepted, rejected, lost, paid },
        theirs: { accepted: 1, rejected, lost, paid },
      },
    ]);
    expect(desk.view.value.refused[0]).not.toHaveProperty('theirs');
  });

  test('is bounded: a crowd that signs receipts for nothing pushes out no paid one', async () => {
    const { desk, store } = await openDesk();
    await give(store, PAYER, receiptFor(PAYER, OWNER));
    const collection = store.collection<ReceiptRecord>('receipts');
    const receipt = sealedReceipt(OTHER, receiptFor(OTHER, OWNER));
    for (let i = 2; i < 2_300; i++) {
      const message = receiptFor(OTHER, OWNER, { agreement: digest(i), paid: 0n });
      await collection.put(receiptKey(OTHER.peer, message.agreement), { receipt, message, receivedAtMs: 0 });
    }
    await desk.renew();
    expect(await collection.entries()).toHaveLength(2_000);
    expect(desk.view.value.asProvider).toMatchObject({ agreements: 2_000, paid: 100_000n });
  });

  test('survives export and import, and nothing is counted twice', async () => {
    const { desk, store } = await openDesk();
    await give(store, PAYER, receiptFor(PAYER, OWNER));
    await give(store, OTHER, receiptFor(OTHER, OWNER, { agreement: digest(2) }));
    const file = await desk.export();
    const { desk: fresh } = await openDesk();
    expect(await fresh.import(file)).toBe(2);
    expect(await fresh.import(file)).toBe(0);
    await desk.renew();
    expect(fresh.view.value).toEqual(desk.view.value);
    expect(fresh.own()).toBeDefined();
  });

  test('of another identity, a changed file, and what is no record are refused by name', async () => {
    const { desk, store } = await openDesk();
    await give(store, PAYER, receiptFor(PAYER, OWNER));
    const file = await desk.export();
    const { desk: foreign } = await openDesk(OTHER);
    await expect(foreign.import(file)).rejects.toMatchObject({ code: 'record/wrong-owner' });
    const bent = file.map((byte, i) => (i === file.byteLength - 1 ? byte ^ 1 : byte));
    await expect(desk.import(bent)).rejects.toMatchObject({ code: 'record/not-a-record' });
    await expect(desk.import(Uint8Array.of(1, 2))).rejects.toMatchObject({ code: 'record/not-a-record' });
    await expect(desk.import(new Uint8Array(100_000))).rejects.toMatchObject({
      code: 'record/not-a-record',
    });
  });
});

describe('the record of a stranger', () => {
  interface World {
    readonly bytes?: Uint8Array;
    readonly redeemed?: bigint;
    readonly trust?: number;
    readonly account?: Address;
  }
  async function weigh(
    { bytes, redeemed = 100_000n, trust = 0.5, account = ADDRESS as Address }: World,
    self = identityOf(60).peer,
  ) {
    const asked: string[] = [];
    const reader = new RecordReader({
      self,
      blobs: {
        get: async () => {
          asked.push('blob');
          return bytes === undefined ? await new Promise<Bytes>(() => {}) : ownBytes(bytes);
        },
      },
      redeemedFor: async () => {
        asked.push('chain');
        return redeemed;
      },
      trustIn: async () => trust,
      dealingPrice: () => 10_000n,
      clock: systemClock,
    });
    const record = { cid: 'some', bytes: 5_000 };
    const shown = { peer: OWNER.peer, addresses: [], role: 'provider' as const, account, record };
    return { worth: await reader.weigh(shown), again: () => reader.weigh(shown), asked };
  }
  const good = recordBytes(OWNER, [sealedReceipt(PAYER, receiptFor(PAYER, OWNER))]);

  test('weighs as much as was redeemed and its signers are trusted, and is read once', async () => {
    const { worth, again, asked } = await weigh({ bytes: good });
    expect(worth).toEqual({ good: 5, bad: 0 }); // 10 dealings for the money, half believed
    expect(await again()).toEqual(worth);
    expect(asked).toEqual(['blob', 'chain']);
  });
  test('weighs nothing by money that went to an account which it does not use now: what is redeemed is public', async () => {
    const { worth, asked } = await weigh({ bytes: good, account: `0x${'ee'.repeat(20)}` });
    expect(worth).toEqual(NO_SECOND_HAND);
    expect(asked).toEqual(['blob']);
  });
  test('weighs nothing without a redemption, in another role, when it is forged, late, or one’s own word', async () => {
    const unredeemed = await weigh({ bytes: good, redeemed: 0n });
    const asRequestor = await weigh({
      bytes: recordBytes(OWNER, [sealedReceipt(OTHER, receiptFor(OWNER, OTHER))]),
    });
    const forged = await weigh({ bytes: recordBytes(OTHER, []) });
    const late = await weigh({});
    const mine = await weigh({ bytes: good }, PAYER.peer);
    for (const { worth } of [unredeemed, asRequestor, forged, late, mine]) {
      expect(worth).toEqual(NO_SECOND_HAND);
    }
    expect(mine.asked).not.toContain('chain');
  });
});

test('a signer is trusted as it dealt with this device, strangers little, and the convicted not at all', async () => {
  const reputation = memoryStore().collection<ReputationRecord>('reputation');
  const clock = heldClock();
  const init = { reputation, isConvicted: (peer: string) => peer === 'cheat', clock };
  await reputation.put('requestor/payer', note(newRecord(clock.now()), 'paid', clock.now(), 100));
  await reputation.put('requestor/debtor', note(newRecord(clock.now()), 'unpaid', clock.now(), 100));
  await reputation.put('wasi/worker', note(newRecord(clock.now()), 'valid', clock.now(), 100));
  const [payer, worker, stranger, debtor, cheat] = await Promise.all(
    ['payer', 'worker', 'nobody', 'debtor', 'cheat'].map((peer) => trustIn(init, peer)),
  );
  expect(payer).toBeGreaterThan(0.9);
  expect(worker).toBe(payer);
  expect(stranger).toBe(0.1);
  expect(debtor).toBeLessThan(0.1);
  expect(cheat).toBe(0);
});
