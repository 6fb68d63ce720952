import { expect, test } from 'vitest';
import { manifestBytes } from '../../src/job/manifest.ts';
import { open } from '../../src/protocol/envelope.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { receiptSchema } from '../../src/protocol/receipt.ts';
import { Crash } from './crash.ts';
import { lieAbout } from './twins/fake-sandbox.ts';
import { receiptsOf } from './long-job.ts';
import { type DayProvider, makeDraft, MarketDay, QUORUM_2, TASK_PRICE, viewOf } from './market-day.ts';

const ADAPTIVE: Policy = { kind: 'adaptive', auditRate: 0.05 };

/** All receipts of one market day: what each provider was given, and what all of them gave. */
async function receiptsOfDay(day: MarketDay, providers: readonly DayProvider[]) {
  const given = await receiptsOf(day.requestorStore);
  const got = await Promise.all(providers.map(({ store }) => receiptsOf(store)));
  for (const [, { receipt, message }] of [...given, ...got.flat()]) {
    const opened = await open(receipt, 'kiln/receipt/1', receiptSchema, 16_384);
    expect(opened.message).toEqual(message);
  }
  return { given: given.map(([, { message }]) => message), got: got.flat().map(([, one]) => one.message) };
}

test.each<[string, Policy, number]>([
  ['a quorum', QUORUM_2, 60],
  ['adaptive checks with pay held back', ADAPTIVE, 300],
])(
  'under %s both sides sign the same of every agreement, breaks of the stream or not',
  async (_, policy, tasks) => {
    await using day = new MarketDay();
    const providers: DayProvider[] = [];
    for (let i = 0; i < 4; i++) providers.push(await day.provider({ msPerTask: 50 + 10 * i }));
    const { requestor } = await day.requestor();
    const job = await day.submit(requestor, tasks, policy);
    let mostHeld = 0;
    for (const { provider } of providers)
      provider.view.subscribe(({ agreements }) => {
        for (const { tasksHeld } of agreements) mostHeld = Math.max(mostHeld, tasksHeld);
      });
    for (let i = 0; i < 4; i++) {
      await day.clock.advance(1_300);
      day.network.breakStreams(providers[i]!.peer.identity.peer);
    }
    const view = await day.untilEnded(requestor, job);
    expect(view).toMatchObject({ status: 'done', verified: tasks });
    for (const { provider } of providers)
      for (const { receiptFault } of provider.view.value.agreements) expect(receiptFault).toBeUndefined();
    const { given, got } = await receiptsOfDay(day, providers);
    expect(got).toHaveLength(4);
    const facts = ({ agreement, accepted, rejected, lost, paid, voucher }: (typeof got)[number]) =>
      [agreement, accepted, rejected, lost, paid, voucher?.join()].join(' ');
    expect(given.map(facts).sort()).toEqual(got.map(facts).sort());
    expect(got.reduce((sum, { paid }) => sum + paid, 0n)).toBe(view.spent);
    for (const { accepted, paid } of got) expect(paid).toBe(BigInt(accepted) * TASK_PRICE);
    if (policy.kind === 'adaptive') expect(mostHeld).toBeGreaterThan(0);
    let redeemed = 0n;
    for (const one of providers) redeemed += await day.redeem(one);
    expect(redeemed).toBe(view.spent);
  },
);

test('a liar parts with a receipt that says so', async () => {
  await using day = new MarketDay();
  const providers = [
    await day.provider(),
    await day.provider(),
    await day.provider({ tamper: lieAbout(() => true) }),
  ];
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 20);
  await day.untilEnded(requestor, job);
  const { got } = await receiptsOfDay(day, [providers[2]!]);
  expect(got.map(({ accepted, rejected, paid }) => [accepted, rejected, paid])).toEqual([[0, 1, 0n]]);
  expect(viewOf(requestor, job)!.providers.map(({ state }) => state)).toContain('banned');
});

test('who leaves early takes a receipt for what it did', async () => {
  await using day = new MarketDay();
  const providers = [await day.provider({ msPerTask: 100 }), await day.provider({ msPerTask: 100 })];
  const { requestor } = await day.requestor();
  await day.submit(requestor, 1_000);
  await day.clock.advance(10_000);
  const [one] = providers as [DayProvider];
  await one.provider.stop();
  await day.clock.advance(1_000);
  const { got, given } = await receiptsOfDay(day, [one]);
  const { earned } = one.provider.view.value;
  expect(got).toMatchObject([{ rejected: 0, paid: earned }]);
  expect(given).toMatchObject([{ accepted: got[0]!.accepted, lost: got[0]!.lost }]);
  expect(earned).toBeGreaterThan(0n);
});

test('a requestor that never answers keeps nobody from leaving', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 100 });
  const two = await day.provider({ msPerTask: 100 });
  const { requestor, peer } = await day.requestor();
  await day.submit(requestor, 1_000);
  await day.clock.advance(5_000);
  day.network.vanish(peer.identity.peer);
  await one.provider.stop();
  await day.clock.advance(6_000);
  expect(one.provider.view.value.status).toBe('off');
  expect(await receiptsOf(one.store)).toEqual([]);
  expect(two.provider.view.value.status).toBe('working');
});

test('who leaves while its work is still judged comes back for its money, and for a receipt that counts it', async () => {
  await using day = new MarketDay();
  const one = await day.provider({ msPerTask: 100 });
  // Every result is computed again on the requestor's own device, which takes its time.
  const { requestor } = await day.requestor({ msPerTask: 10_000, slots: 8 });
  const job = await day.submit(requestor, 8, { kind: 'trust', auditRate: 1 });
  await day.clock.advance(4_000);
  await one.provider.stop();
  await day.clock.advance(1_000);
  const view = () => one.provider.view.value.agreements[0]!;
  expect(view()).toMatchObject({ tasksAccepted: 0, earned: 0n, endReason: 'The provider stopped.' });
  const tasks = view().tasksDelivered;
  expect(tasks).toBeGreaterThan(0);
  await day.clock.advance(25_000);
  const spent = viewOf(requestor, job)!.spent;
  expect(spent).toBe(BigInt(tasks) * TASK_PRICE);
  expect(view()).toMatchObject({ tasksAccepted: tasks, earned: spent });
  expect(await day.redeem(one)).toBe(spent);
  const { got, given } = await receiptsOfDay(day, [one]);
  expect(got).toMatchObject([{ accepted: tasks, paid: spent }]);
  expect(given).toMatchObject([{ accepted: tasks, paid: spent, lost: got[0]!.lost }]);
  // Nothing is open any more: no further visit.
  let visits = 0;
  const open = one.peer.openStream.bind(one.peer);
  one.peer.openStream = (...args) => (visits++, open(...args));
  await day.clock.advance(5_000_000);
  expect(visits).toBe(0);
});

test.each<[string, Policy]>([
  ['a quorum', QUORUM_2],
  ['adaptive checks', ADAPTIVE],
])('under %s a requestor that was reloaded signs the same as its providers', async (_, policy) => {
  await using day = new MarketDay();
  const providers: DayProvider[] = [];
  for (let i = 0; i < 3; i++) providers.push(await day.provider({ msPerTask: 60 + 10 * i }));
  const crash = new Crash();
  const first = await day.requestor({ crash });
  const tasks = 150;
  const job = await day.submit(first.requestor, tasks, policy);
  await day.clock.advance(4_000);
  crash.isDead = true;
  const { requestor, peer } = await day.requestor();
  const { manifest, blobs } = await makeDraft(tasks, policy);
  for (const blob of [...blobs, manifestBytes(manifest)]) await peer.blobs.put(blob);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: tasks });
  const ended = providers.flatMap(({ provider }) => provider.view.value.agreements);
  expect(ended.map(({ receiptFault }) => receiptFault)).toEqual(ended.map(() => undefined));
  const { got, given } = await receiptsOfDay(day, providers);
  expect(got).toHaveLength(3);
  expect(given).toHaveLength(3);
  expect(got.reduce((sum, { paid }) => sum + paid, 0n)).toBe(view.spent);
  let redeemed = 0n;
  for (const one of providers) redeemed += await day.redeem(one);
  expect(redeemed).toBe(view.spent);
});
