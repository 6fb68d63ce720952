import { expect, test } from 'vitest';
import { open } from '../../src/protocol/envelope.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { receiptSchema } from '../../src/protocol/receipt.ts';
import { lieAbout } from './twins/fake-sandbox.ts';
import { receiptsOf } from './long-job.ts';
import { type DayProvider, MarketDay, QUORUM_2, TASK_PRICE, viewOf } from './market-day.ts';

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
