import { expect, test, vi } from 'vitest';
import { manifestBytes } from '../../src/job/manifest.ts';
import { receiptKey } from '../../src/payment/receipt/receipt.ts';
import type { AgreementRecord } from '../../src/provider/records.ts';
import type { RequestorAgreementRecord } from '../../src/requestor/records.ts';
import { Crash } from './crash.ts';
import { agreementsOf, LONG_DEVICE, LONG_TASK_PRICE, receiptsOf, submitLong } from './long-job.ts';
import { type DayProvider, makeDraft, MarketDay, viewOf } from './market-day.ts';
import { TAB_CLOSED } from '../../src/provider/work/resumed-session.ts';

// Agreements of half an hour, so that one is renewed within this job; and seldom looks, so that the tests are short.
vi.mock('../../src/requestor/constants.ts', async (original) => ({
  ...(await original<object>()),
  AGREEMENT_LIFETIME_MS: 1_800_000,
  SWEEP_INTERVAL_MS: 30_000,
  VIEW_INTERVAL_MS: 1_000,
}));
vi.mock('../../src/provider/constants.ts', async (original) => ({
  ...(await original<object>()),
  INSPECT_INTERVAL_MS: 30_000,
}));
vi.mock('../../src/protocol/constants.ts', async (original) => ({
  ...(await original<object>()),
  PING_INTERVAL_MS: 20_000,
  SILENCE_LIMIT_MS: 60_000,
}));

const TASKS = 3;
const POLICY = { kind: 'trust', auditRate: 0 } as const;

/** Moments of a changeover: who has just stored what. */
const STEPS = ['the offer is stored', 'the counter-signature is stored', 'the renewal is stored'] as const;
type Step = (typeof STEPS)[number];

/** Calls back once, right after a step, before anything else follows from it. */
function onStep(day: MarketDay, one: DayProvider, step: Step, callback: () => void): void {
  const store = step === 'the counter-signature is stored' ? one.store : day.requestorStore;
  const agreements = store.collection<AgreementRecord & RequestorAgreementRecord>('agreements');
  const put = agreements.put.bind(agreements);
  let isDone = false;
  agreements.put = async (key, record) => {
    await put(key, record);
    const isOffer = record.offered !== undefined;
    const isRenewal = record.agreement.renews !== undefined;
    if (isDone || (step === 'the offer is stored' ? !isOffer : !isRenewal)) return;
    isDone = true;
    callback();
  };
}

async function expectWell(day: MarketDay, one: DayProvider): Promise<void> {
  const kept = await agreementsOf<AgreementRecord>(one.store);
  const known = await agreementsOf<RequestorAgreementRecord>(day.requestorStore);
  expect(kept.map(({ digest }) => digest)).toEqual(known.map(({ digest }) => digest));
  expect(kept.length).toBeGreaterThanOrEqual(2);
  expect(kept.map(({ agreement }) => agreement.renews)).toEqual([
    undefined,
    ...kept.slice(0, -1).map(({ digest }) => digest),
  ]);
  expect(await day.redeem(one)).toBe(BigInt(TASKS) * LONG_TASK_PRICE);
}

test.each(STEPS)('a stream that breaks when %s costs nothing', async (step) => {
  await using day = new MarketDay();
  const one = await day.provider(LONG_DEVICE);
  const { requestor, peer } = await day.requestor();
  let broken = 0;
  onStep(day, one, step, () => {
    broken++;
    day.network.breakStreams(one.peer.identity.peer);
  });
  const job = await submitLong(day, requestor, TASKS);
  expect(await day.untilEnded(requestor, job, 3 * 3_600_000)).toMatchObject({ status: 'done' });
  expect(broken).toBe(1);
  expect(one.sandbox.started).toBe(TASKS);
  await expectWell(day, one);
  const got = await receiptsOf(one.store);
  const digest = got[0]![1].message.agreement;
  expect((await agreementsOf(one.store)).map((record) => record.digest)).toContain(digest);
  const told = { message: { accepted: TASKS, lost: 0, paid: BigInt(TASKS) * LONG_TASK_PRICE } };
  expect(got).toMatchObject([[receiptKey(peer.identity.peer, digest), told]]);
  expect(await receiptsOf(day.requestorStore)).toMatchObject([
    [receiptKey(one.peer.identity.peer, digest), told],
  ]);
});

test.each(STEPS)('a requestor that is reloaded when %s goes on under the newest', async (step) => {
  await using day = new MarketDay();
  const one = await day.provider(LONG_DEVICE);
  const crash = new Crash();
  const first = await day.requestor({ crash });
  const died = Promise.withResolvers<void>();
  let isDead = false;
  onStep(day, one, step, () => {
    isDead = true;
    crash.isDead = true;
    died.resolve();
  });
  await submitLong(day, first.requestor, TASKS);
  await day.clock.runUntil(() => isDead, 2 * 3_600_000);
  await died.promise;
  const again = await day.requestor();
  const { manifest, blobs } = await makeDraft(TASKS, POLICY);
  for (const blob of [...blobs, manifestBytes(manifest)]) await again.peer.blobs.put(blob);
  const job = again.requestor.view.value[0]!.job;
  const view = await day.untilEnded(again.requestor, job, 3 * 3_600_000);
  expect(view).toMatchObject({ status: 'done', verified: TASKS, spent: BigInt(TASKS) * LONG_TASK_PRICE });
  await expectWell(day, one);
});

test.each(STEPS)('a provider that is reloaded when %s agrees anew, and keeps its money', async (step) => {
  await using day = new MarketDay();
  const one = await day.provider(LONG_DEVICE);
  const { requestor } = await day.requestor();
  let isGone = false;
  onStep(day, one, step, () => {
    isGone = true;
    day.network.vanish(one.peer.identity.peer);
  });
  const job = await submitLong(day, requestor, TASKS);
  await day.clock.runUntil(() => isGone, 2 * 3_600_000);
  const earned = one.provider.view.value.earned;
  expect(earned).toBeGreaterThan(0n);
  const reloaded = await day.provider(LONG_DEVICE, {}, { like: one });
  const view = await day.untilEnded(requestor, job, 3 * 3_600_000);
  expect(view).toMatchObject({ status: 'done', verified: TASKS });
  const { agreements } = reloaded.provider.view.value;
  expect(agreements.map(({ endReason }) => endReason === TAB_CLOSED)).toEqual([false, true]);
  expect(agreements.map(({ receiptFault }) => receiptFault)).toEqual([undefined, undefined]);
  expect(await day.redeem(reloaded)).toBe(BigInt(TASKS) * LONG_TASK_PRICE);
  expect(viewOf(requestor, job)!.spent).toBe(BigInt(TASKS) * LONG_TASK_PRICE);
});

test('a provider that declines is leased nothing that would not be done in time, and leaves without a loss', async () => {
  await using day = new MarketDay();
  const one = await day.provider(LONG_DEVICE);
  const { requestor } = await day.requestor();
  const job = await submitLong(day, requestor, 20);
  await day.clock.advance(60_000);
  const { rules } = one.provider.view.value;
  const pricePerUnit = { ...rules!.pricePerUnit, wasi: rules!.pricePerUnit.wasi * 2n };
  await one.provider.setRules({ ...rules!, pricePerUnit });
  await day.clock.advance(1_800_000);
  const [view] = one.provider.view.value.agreements;
  expect(view).toMatchObject({
    state: 'ended',
    tasksAccepted: 2,
    endReason: 'Nothing could be worked on for two minutes.',
  });
  expect(one.sandbox.started).toBe(2);
  expect(await day.redeem(one)).toBe(2n * LONG_TASK_PRICE);
  expect(await receiptsOf(one.store)).toMatchObject([[expect.any(String), { message: { lost: 0 } }]]);
  expect(viewOf(requestor, job)).toMatchObject({ status: 'running', verified: 2 });
});
