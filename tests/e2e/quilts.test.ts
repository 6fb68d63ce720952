import { expect, test } from 'vitest';
import { findRectangle } from '../../examples/quilts/find-rectangle.ts';
import { submitExample, waitForOffers } from '../../scripts/demo/requestor-tab.ts';
import { lieAlways } from './fixtures/cheats.ts';
import { readOutputs, waitForEnd, waitForJob } from './fixtures/job.ts';
import { openLender, startLending } from './fixtures/lend.ts';
import { openMarket } from './fixtures/market.ts';
import { expectSettled } from './fixtures/money.ts';

const OFFERS_TIMEOUT_MS = 30_000;
const TASKS = 8;
const [SIDE, COLORS] = [8, 3];

test('a verifier finds a liar by itself: every quilt is right, and each was searched for once', async () => {
  await using market = await openMarket();
  const [requestor, other, liar] = await Promise.all([
    market.openTab('requestor'),
    market.openTab('honest'),
    openLender(market, 'liar', { script: lieAlways }),
  ]);
  await waitForOffers(requestor, 1, OFFERS_TIMEOUT_MS);
  const { job } = await submitExample(requestor, 'quilts', { quilts: TASKS, size: `${SIDE}x${COLORS}` }, 2);
  await waitForJob(requestor, job, ({ rejected }) => rejected.length > 0);
  // Nobody but the liar was there to contradict it.
  const honest = await startLending(other);

  const view = await waitForEnd(requestor, job);
  expect(view.verified).toBe(TASKS);
  expect(new Set(view.rejected.map(({ peer }) => peer))).toEqual(new Set([liar.peer]));
  for (const { reason } of view.rejected) expect(reason).toMatch(/quilt|first row|one colour/);
  expect(view.providers.find(({ peer }) => peer === liar.peer)).toMatchObject({ state: 'banned', paid: 0n });
  // Nobody searched twice: the honest one alone, once for each task.
  expect(view.providers.find(({ peer }) => peer === honest.peer)).toMatchObject({
    executions: TASKS,
    tasksPaid: TASKS,
  });

  const texts = await readOutputs(requestor, job, 'quilt.txt');
  const quilts = texts.map((bytes) => Buffer.from(bytes).toString().trimEnd().split('\n'));
  for (const rows of quilts) {
    expect(rows.map(({ length }) => length)).toEqual(Array.from({ length: SIDE }, () => SIDE));
    expect(findRectangle(rows)).toBeUndefined();
  }
  expect(new Set(quilts.map((rows) => rows.join())).size).toBe(TASKS);
  await expectSettled(market, requestor, job, [honest]);
});
