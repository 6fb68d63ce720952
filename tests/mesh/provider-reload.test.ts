import { expect, test } from 'vitest';
import type { RefusedReceipt } from '../../src/payment/receipt/judge-receipt.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { TAB_CLOSED } from '../../src/provider/work/resumed-session.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import { type CollectionName, COLLECTIONS, type Store } from '../../src/storage/store.ts';
import { receiptsOf } from './long-job.ts';
import { type DayProvider, MarketDay, QUORUM_2, TASK_PRICE, viewOf } from './market-day.ts';

const TASKS = 40;
const ADAPTIVE: Policy = { kind: 'adaptive', auditRate: 0.05 };

/** What is on the disk of a tab that closes now: what the closed one does later is seen by nobody. */
async function diskOf(store: Store): Promise<Store> {
  const disk = memoryStore();
  for (const name of Object.keys(COLLECTIONS) as CollectionName[])
    for (const [key, value] of await store.collection(name).entries())
      await disk.collection(name).put(key, value);
  return disk;
}

/** A provider's tab closes; the result is the provider that comes back later in its place. */
async function close(day: MarketDay, one: DayProvider) {
  day.network.vanish(one.peer.identity.peer);
  const store = await diskOf(one.store);
  return (options: Parameters<MarketDay['provider']>[0]) =>
    day.provider(options, {}, { like: { ...one, store } });
}

async function openWorks({ store }: DayProvider): Promise<number> {
  return (await store.collection('works').entries()).length;
}

const facts = ([, { message }]: Awaited<ReturnType<typeof receiptsOf>>[number]) =>
  [
    message.agreement,
    message.accepted,
    message.rejected,
    message.lost,
    message.paid,
    message.voucher?.join(),
  ].join();

test.each<[string, Policy, number]>([
  ['a quorum, back at once', QUORUM_2, 1_000],
  ['a quorum, back after the requestor gave it up', QUORUM_2, 125_000],
  ['adaptive checks with pay held back', ADAPTIVE, 3_000],
])(
  'under %s, a reloaded provider signs the same as its requestor of what it had done',
  async (_, policy, awayMs) => {
    await using day = new MarketDay();
    const providers: DayProvider[] = [];
    for (let i = 0; i < 3; i++) providers.push(await day.provider({ msPerTask: 60 + 10 * i }));
    const { requestor } = await day.requestor();
    const job = await day.submit(requestor, TASKS, policy);
    await day.clock.advance(1_423);
    const [one] = providers as [DayProvider];
    const reopen = await close(day, one);
    await day.clock.advance(awayMs);
    const back = await reopen({ msPerTask: 60 });
    await day.untilEnded(requestor, job);
    await day.clock.advance(6_000);
    const view = viewOf(requestor, job)!;
    expect(view).toMatchObject({ status: 'done', verified: TASKS });
    const old = back.provider.view.value.agreements.find(({ endReason }) => endReason === TAB_CLOSED)!;
    expect(old.receiptFault).toBeUndefined();
    expect(old.tasksAccepted).toBeGreaterThan(0);
    const got = await receiptsOf(back.store);
    const given = (await receiptsOf(day.requestorStore)).filter(([key]) =>
      key.startsWith(one.peer.identity.peer),
    );
    expect(got.map(facts).sort()).toEqual(given.map(facts).sort());
    expect(got.map(([, { message }]) => message.agreement)).toContain(old.digest);
    const line = view.providers.find(({ peer }) => peer === one.peer.identity.peer)!;
    expect(got.reduce((sum, [, { message }]) => sum + message.paid, 0n)).toBe(line.paid);
    expect(await day.redeem(back)).toBe(line.paid);
    expect(await openWorks(back)).toBe(0);
  },
);

test('who closes its tab while its work is still judged is paid when it comes back, and signed for', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 100 });
  // Every result is computed again on the requestor's own device, which takes its time.
  const { requestor } = await day.requestor({ msPerTask: 10_000, slots: 8 });
  const job = await day.submit(requestor, 8, { kind: 'trust', auditRate: 1 });
  await day.clock.advance(4_000);
  await one.provider.stop();
  await day.clock.advance(1_000);
  const tasks = one.provider.view.value.agreements[0]!.tasksDelivered;
  expect(tasks).toBeGreaterThan(0);
  const reopen = await close(day, one);
  await day.clock.advance(25_000);
  const back = await reopen({ msPerTask: 1e9 });
  await day.clock.advance(10_000);
  const spent = viewOf(requestor, job)!.spent;
  expect(spent).toBe(BigInt(tasks) * TASK_PRICE);
  expect(await day.redeem(back)).toBe(spent);
  expect(await receiptsOf(back.store)).toMatchObject([
    [expect.any(String), { message: { accepted: tasks, paid: spent } }],
  ]);
  expect(await openWorks(back)).toBe(0);
});

test('a receipt with other numbers is remembered with those of both sides', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 100 });
  await day.provider({ msPerTask: 100 });
  const { requestor } = await day.requestor();
  await day.submit(requestor, 120);
  await day.clock.advance(2_000);
  const disk = await diskOf(one.store);
  // Its disk is set back: it knows of one result less than it had signed for.
  const works = disk.collection<{ accepted: number }>('works');
  const [[key, work]] = (await works.entries()) as [[string, { accepted: number }]];
  await works.put(key, { ...work, accepted: work.accepted + 1 });
  day.network.vanish(one.peer.identity.peer);
  const back = await day.provider({ msPerTask: 1e9 }, {}, { like: { ...one, store: disk } });
  await day.clock.advance(10_000);
  const disputes = async (store: Store) =>
    (await store.collection<RefusedReceipt>('disputes').entries()).map(([, refused]) => refused);
  const [ours] = await disputes(back.store);
  expect(ours).toMatchObject({ why: expect.stringMatching(/the tasks accepted/) });
  expect(ours!.ours.accepted - ours!.theirs!.accepted).toBe(1);
  const [theirs] = await disputes(day.requestorStore);
  expect(theirs).toMatchObject({ signer: one.peer.identity.peer, agreement: ours!.agreement });
  expect([theirs!.ours.accepted, theirs!.theirs!.accepted]).toEqual([
    ours!.theirs!.accepted,
    ours!.ours.accepted,
  ]);
});
