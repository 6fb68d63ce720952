import { expect, test } from 'vitest';
import { MarketDay, TASK_PRICE, viewOf } from './market-day.ts';

test('a newcomer gets a turn in a job whose seats are all taken; who made way was paid for what it did', async () => {
  await using day = new MarketDay();
  const seated = await Promise.all(Array.from({ length: 8 }, () => day.provider({ msPerTask: 1_000 })));
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 200);
  const atWork = () => viewOf(requestor, job)!.providers.filter(({ state }) => state === 'working');
  await day.clock.runUntil(() => viewOf(requestor, job)!.verified >= 40, 120_000);
  expect(atWork()).toHaveLength(8);
  const newcomer = await day.provider({ msPerTask: 1_000 });
  const { peer } = newcomer.peer.identity;
  await day.clock.runUntil(() => atWork().some((one) => one.peer === peer), 60_000);
  expect(atWork()).toHaveLength(8);
  const gone = viewOf(requestor, job)!.providers.filter(({ endReason }) => endReason !== undefined);
  expect(gone.map(({ state, endReason }) => [state, endReason])).toEqual([
    ['ended', 'All seats are taken, and newcomers get a turn too.'],
  ]);
  const view = await day.untilEnded(requestor, job);

  expect(view).toMatchObject({ status: 'done', verified: 200, rejected: [] });
  expect(view.providers.find((one) => one.peer === peer)!.paid).toBeGreaterThan(TASK_PRICE);
  const paidOf = (name: string) =>
    view.providers.reduce((sum, one) => sum + (one.peer === name ? one.paid : 0n), 0n);
  for (const one of [...seated, newcomer]) expect(await day.redeem(one)).toBe(paidOf(one.peer.identity.peer));
});
