import { expect, test } from 'vitest';
import { readRecord, submitExample, waitForOffers } from '../../scripts/demo/requestor-tab.ts';
import { verifyRecord } from '../../src/kiln/record/verify-record.ts';
import { waitForEnd, waitForJob } from './fixtures/job.ts';
import { openLender, startLending } from './fixtures/lend.ts';
import { openMarket } from './fixtures/market.ts';
import { expectSettled } from './fixtures/money.ts';
import { expectResumed, waitUntilHeldBack } from './fixtures/resumed.ts';
import { expectTrueSweep, SWEEP, sweepOf } from './fixtures/sweep.ts';

const OFFERS_TIMEOUT_MS = 30_000;
/** About a dozen checks make a provider trusted; it takes most of the rest alone. Each takes a tenth of a second or so. */
const TASKS = 80;

test('tabs that have proven themselves work alone: results stand for now, and for good once the job closes, also of a closed tab', async () => {
  await using market = await openMarket();
  const [requestor, first, second, leaver] = await Promise.all([
    market.openTab('requestor'),
    openLender(market, 'first'),
    openLender(market, 'second'),
    market.openLastingTab('leaver').then((tab) => startLending(tab)),
  ]);
  await waitForOffers(requestor, 3, OFFERS_TIMEOUT_MS);
  const settings = sweepOf(TASKS, 1_500);
  const { job } = await submitExample(requestor, SWEEP, { ...settings }, 3, {
    kind: 'adaptive',
    auditRate: 0,
  });
  await requestor.page.goto(`${market.url}#/job/${job}`);
  await waitForJob(requestor, job, ({ provisional }) => provisional > 0);
  const said = requestor.page.getByText(/stands? for now/).first();
  await expect.poll(() => said.isVisible()).toBe(true);

  // What stands for now outlives the tab that it was made in.
  await waitUntilHeldBack(leaver.tab);
  await leaver.tab.context.close();

  const view = await waitForEnd(requestor, job);
  expect(view).toMatchObject({ tasks: TASKS, verified: TASKS, provisional: 0, rejected: [] });
  expect(view.executions).toBeLessThan(2 * TASKS);
  await expectTrueSweep(requestor, job, settings);
  expect((await verifyRecord(await readRecord(requestor, job))).findings).toEqual([]);
  const returned = { ...leaver, tab: await market.openLastingTab('leaver') };
  await expectSettled(market, requestor, job, [first, second, returned]);
  await expectResumed(returned, view);
});
