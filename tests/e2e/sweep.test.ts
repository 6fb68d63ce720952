import { expect, test } from 'vitest';
import { submitExample, waitForOffers } from '../../scripts/demo/requestor-tab.ts';
import { waitForEnd } from './fixtures/job.ts';
import { openLender } from './fixtures/lend.ts';
import { openMarket } from './fixtures/market.ts';
import { expectSettled } from './fixtures/money.ts';
import { expectTrueSweep, SWEEP, sweepOf } from './fixtures/sweep.ts';

const OFFERS_TIMEOUT_MS = 30_000;

test('three tabs sweep a parameter: every row true, every unit paid and redeemed', async () => {
  await using market = await openMarket();
  const [requestor, ...lenders] = await Promise.all([
    market.openTab('requestor'),
    openLender(market, 'first'),
    openLender(market, 'second'),
    openLender(market, 'third'),
  ]);
  await waitForOffers(requestor, 3, OFFERS_TIMEOUT_MS);
  const settings = sweepOf(30, 200);
  const { job } = await submitExample(requestor, SWEEP, { ...settings }, 3);

  const view = await waitForEnd(requestor, job);
  expect(view).toMatchObject({ tasks: 30, verified: 30, rejected: [] });
  expect(view.executions).toBeGreaterThanOrEqual(60);
  await expectTrueSweep(requestor, job, settings);
  await expectSettled(market, requestor, job, lenders);
  for (const { complaints } of [requestor, ...lenders.map(({ tab }) => tab)]) expect(complaints).toEqual([]);
});
