import { expect, test } from 'vitest';
import type { Policy } from '../../src/protocol/policy.ts';
import { type DayProvider, MarketDay, TASK_PRICE, viewOf } from './market-day.ts';
import { lieAbout, trueOutput } from './twins/fake-sandbox.ts';

const ADAPTIVE: Policy = { kind: 'adaptive', auditRate: 0 };

async function expectTrue(
  { requestor }: Awaited<ReturnType<MarketDay['requestor']>>,
  job: string,
  tasks: number,
) {
  for (let task = 0; task < tasks; task++)
    expect((await requestor.outputs(job, task))?.[0]?.bytes, `task ${task}`).toEqual(
      await trueOutput(job, task),
    );
}

/** The requestor's line about a provider. */
function lineOf(day: { view: ReturnType<typeof viewOf> }, { peer }: DayProvider) {
  return day.view!.providers.find((one) => one.peer === peer.identity.peer);
}

/** Lies from the n-th task that it runs on. */
function lateLie(from: number) {
  let runs = 0;
  return lieAbout(() => ++runs > from);
}

test('trusted providers work alone: results stand for now, pay is held back, and is due when the job closes', async () => {
  await using day = new MarketDay();
  const providers = [await day.provider({ msPerTask: 100 }), await day.provider({ msPerTask: 100 })];
  const home = await day.requestor();
  const { requestor } = home;
  const job = await day.submit(requestor, 80, ADAPTIVE);
  await day.clock.runUntil(() => (viewOf(requestor, job)?.provisional ?? 0) >= 5, 120_000);
  const view = await day.untilEnded(requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 80, provisional: 0, rejected: [] });
  expect(view.executions).toBeLessThan(150);
  expect(view.spent).toBe(BigInt(view.executions) * TASK_PRICE);
  let redeemed = 0n;
  for (const one of providers) redeemed += await day.redeem(one);
  expect(redeemed).toBe(view.spent);
  await expectTrue(home, job, 80);
});

test('a sleeper at the very end is caught by the closing checks, and all that it did alone is done again', async () => {
  await using day = new MarketDay();
  const sleeper = await day.provider({ msPerTask: 100, tamper: lateLie(36) });
  await day.provider({ msPerTask: 100 });
  await day.provider({ msPerTask: 100 });
  const home = await day.requestor();
  const job = await day.submit(home.requestor, 90, ADAPTIVE);
  const view = await day.untilEnded(home.requestor, job);
  expect(view).toMatchObject({ status: 'done', verified: 90, provisional: 0 });
  await expectTrue(home, job, 90);
  expect(lineOf({ view }, sleeper)).toMatchObject({ state: 'banned' });
});

test('ringers catch a cheat where every result counts alone, and are paid like work', async () => {
  await using day = new MarketDay();
  const cheat = await day.provider({ msPerTask: 100, tamper: lateLie(20) });
  const honest = await day.provider({ msPerTask: 100 });
  const home = await day.requestor();
  const job = await day.submit(home.requestor, 120, { kind: 'trust', auditRate: 0.05, ringerRate: 0.2 });
  const view = await day.untilEnded(home.requestor, job);
  expect(view.status).toBe('done');
  expect(lineOf({ view }, cheat)).toMatchObject({ state: 'banned' });
  expect(lineOf({ view }, honest)).toMatchObject({ state: 'ended' });
  const ringers = view.executions - 120;
  expect(ringers).toBeGreaterThan(0);
  expect(await day.redeem(honest)).toBe(lineOf({ view }, honest)!.paid);
  await expectTrue(home, job, 120);
});
