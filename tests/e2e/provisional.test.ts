import { expect, test } from 'vitest';
import { readRecord, submitExample, waitForOffers } from '../../scripts/demo/requestor-tab.ts';
import { verifyRecord } from '../../src/kiln/record/verify-record.ts';
import { waitForEnd, waitForJob } from './fixtures/job.ts';
import { openLender } from './fixtures/lend.ts';
import { openMarket } from './fixtures/market.ts';
import { expectSettled } from './fixtures/money.ts';
import { expectTrueSweep, SWEEP, sweepOf } from './fixtures/sweep.ts';

const OFFERS_TIMEOUT_MS = 30_000;
/** About a dozen checks make a provider trusted; it takes most of the rest alone. Each takes a tenth of a second or so. */
const TASKS = 80;

test('tabs that have proven themselves work alone: results stand for now, and for good once the job closes', async () => {
  await using market = await openMarket();
  const [requestor, ...lenders] = await Promise.all([
    market.openTab('requestor'),
    openLender(market, 'first'),
    openLender(market, 'second'),
  ]);
  await waitForOffers(requestor, 2, OFFERS_TIMEOUT_MS);
  const settings = sweepOf(TASKS, 1_500);
  const { job } = await submitExample(requestor, SWEEP, { ...settings }, 2, {
    kind: 'adaptive',
    auditRate: 0,
  });
  await requestor.page.goto(`${market.url}#/job/${job}`);
  await waitForJob(requestor, job, ({ provisional }) => provisional > 0);
  const said = requestor.page.getByText(/stands? for now/).first();
  await expect.poll(() => said.isVisible()).toBe(true);

  const view = await waitForEnd(requestor, job);
  expect(view).toMatchObject({ tasks: TASKS, verified: TASKS, provisional: 0, rejected: [] });
  expect(view.executions).toBeLessThan(2 * TASKS);
  await expectTrueSweep(requestor, job, settings);
  expect((await verifyRecord(await readRecord(requestor, job))).findings).toEqual([]);
  await expectSettled(market, requestor, job, lenders);
});
