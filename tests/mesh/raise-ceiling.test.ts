import { expect, test } from 'vitest';
import { Crash } from './crash.ts';
import { manifestBytes } from '../../src/job/manifest.ts';
import type { RequestorAgreementRecord } from '../../src/requestor/records.ts';
import { makeDraft, MarketDay, PRICE_PER_UNIT, QUORUM_2, viewOf } from './market-day.ts';

const DEAR = { pricePerUnit: { wasi: 2n * PRICE_PER_UNIT, wgsl: 1n, onnx: 1n } };
const TASKS = 40;

async function agreements(day: MarketDay) {
  const records = await day.requestorStore.collection<RequestorAgreementRecord>('agreements').entries();
  return records.map(([, { agreement }]) => agreement);
}

test('a running job that offers more finds dearer providers; who works already keeps its price', async () => {
  await using day = new MarketDay();
  const cheap = await day.provider({ msPerTask: 500 });
  for (let i = 0; i < 2; i++) await day.provider({ msPerTask: 100 }, DEAR);
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, TASKS);
  await day.clock.advance(3_000);
  expect((await agreements(day)).map(({ provider }) => provider)).toEqual([cheap.peer.identity.peer]);
  await requestor.raiseCeiling(job, 2n * PRICE_PER_UNIT);
  expect(requestor.termsOf(job).priceCeiling).toBe(2n * PRICE_PER_UNIT);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: TASKS });
  const prices = (await agreements(day)).map(({ pricePerUnit }) => pricePerUnit).sort();
  expect(prices).toEqual([PRICE_PER_UNIT, 2n * PRICE_PER_UNIT, 2n * PRICE_PER_UNIT]);
  expect(view.providers.find(({ peer }) => peer === cheap.peer.identity.peer)).toMatchObject({
    pricePerUnit: PRICE_PER_UNIT,
  });
});

test.each<[string, number, bigint]>([
  ['before it is stored is announced by nobody', 0, PRICE_PER_UNIT],
  ['once it is stored is announced after the reload', 1, 2n * PRICE_PER_UNIT],
])('a price that was raised and whose tab dies %s', async (_, steps, announced) => {
  await using day = new MarketDay();
  for (let i = 0; i < 2; i++) await day.provider({ msPerTask: 100 }, DEAR);
  const crash = new Crash();
  const first = await day.requestor({ crash });
  const job = await day.submit(first.requestor, 10);
  await day.clock.advance(10_000);
  if (steps === 0) crash.isDead = true;
  void first.requestor.raiseCeiling(job, 2n * PRICE_PER_UNIT);
  await day.clock.advance(0);
  crash.isDead = true;
  const { requestor, peer } = await day.requestor();
  const { manifest, blobs } = await makeDraft(10, QUORUM_2);
  for (const blob of [...blobs, manifestBytes(manifest)]) await peer.blobs.put(blob);
  expect(requestor.termsOf(job).priceCeiling).toBe(announced);
  await day.clock.advance(60_000);
  const isDone = announced > PRICE_PER_UNIT;
  expect(viewOf(requestor, job)!.status).toBe(isDone ? 'done' : 'running');
});

test('no price is offered that is lower, or that the budget does not bear to the end, or for a job that has ended', async () => {
  await using day = new MarketDay();
  const { requestor } = await day.requestor();
  // Ten tasks of 10,000 for each of two results.
  const job = await day.submit(requestor, 10, QUORUM_2, day.session(300_000n));
  await expect(requestor.raiseCeiling(job, PRICE_PER_UNIT)).rejects.toMatchObject({
    code: 'requestor/ceiling-not-higher',
  });
  await expect(requestor.raiseCeiling(job, 1_500_001n)).rejects.toMatchObject({
    code: 'requestor/ceiling-beyond-budget',
    data: { most: '1500000' },
  });
  expect(requestor.termsOf(job).priceCeiling).toBe(PRICE_PER_UNIT);
  await requestor.raiseCeiling(job, 1_500_000n);
  expect(requestor.termsOf(job).priceCeiling).toBe(1_500_000n);
  await requestor.cancel(job);
  await expect(requestor.raiseCeiling(job, 1_500_001n)).rejects.toMatchObject({
    code: 'requestor/job-ended',
  });
});
