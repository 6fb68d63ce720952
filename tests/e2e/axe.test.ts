import { expect, test } from 'vitest';
import { submitExample, waitForOffers } from '../../scripts/demo/requestor-tab.ts';
import type { KilnWindow } from '../../scripts/demo/tab.ts';
import { JOB_KINDS } from '../../src/protocol/primitives.ts';
import { expectAccessible, showRoute } from './fixtures/accessible.ts';
import { waitForEnd } from './fixtures/job.ts';
import { openLender } from './fixtures/lend.ts';
import { openMarket } from './fixtures/market.ts';
import { waitForVouchers } from './fixtures/money.ts';
import { SWEEP, sweepOf } from './fixtures/sweep.ts';
import type { Tab } from './fixtures/tab.ts';

const OFFERS_TIMEOUT_MS = 30_000;
const PLAIN_ROUTES = [
  '#/',
  '#/provide',
  '#/request',
  `#/request/${SWEEP}`,
  '#/request/clay-workshop',
  '#/job',
  '#/wallet',
  '#/network',
  '#/nowhere',
];

test('every page is accessible and silent, and nothing computes before consent', async () => {
  await using market = await openMarket();
  const tab = await market.openTab('reader');
  for (const route of PLAIN_ROUTES) {
    await showRoute(tab.page, route);
    await expectAccessible(tab.page, route);
  }
  expect(await computing(tab)).toEqual({ status: 'off', scores: {}, running: 0 });
  expect(tab.page.workers()).toEqual([]);
  expect(tab.page.frames()).toHaveLength(1);
  expect(tab.complaints).toEqual([]);
});

test('the pages of a market at work are accessible and silent', async () => {
  await using market = await openMarket();
  const [requestor, first] = await Promise.all([
    market.openTab('requestor'),
    openLender(market, 'first', { kinds: JOB_KINDS }),
  ]);
  await waitForOffers(requestor, 1, OFFERS_TIMEOUT_MS);
  await showRoute(requestor.page, `#/request/${SWEEP}`);
  await requestor.page.getByRole('button', { name: 'Try it here first' }).click();
  await requestor.page.getByText('Advanced').click();
  await requestor.page.getByText('How results are checked').waitFor();
  await requestor.page.getByLabel('Memory (GiB)').fill('64');
  await requestor.page.getByLabel('Memory (GiB)').blur();
  await requestor.page.getByText('The only provider on the board does not match').waitFor();
  await expectAccessible(requestor.page, 'all terms of a job');
  const { job } = await submitExample(requestor, SWEEP, { ...sweepOf(16, 200) }, 2);

  // A result needs two providers: with one, the job stays under way.
  await requestor.page.waitForFunction(
    () => (globalThis as unknown as KilnWindow).kiln!.requestor.jobs.value[0]!.executions > 0,
  );
  await showRoute(requestor.page, `#/job/${job}`);
  await expectAccessible(requestor.page, 'a running job');
  await showRoute(first.tab.page, '#/provide');
  await expectAccessible(first.tab.page, 'lending');

  const second = await openLender(market, 'second');
  await waitForEnd(requestor, job);
  await requestor.page.getByRole('button', { name: 'Download lorenz-sweep.csv' }).waitFor();
  await expectAccessible(requestor.page, 'a finished job');
  await showRoute(requestor.page, '#/job');
  await expectAccessible(requestor.page, 'jobs');
  await showRoute(requestor.page, '#/network');
  await expectAccessible(requestor.page, 'a network with offers');
  await waitForVouchers(requestor, job, first);
  await showRoute(first.tab.page, '#/wallet');
  await expectAccessible(first.tab.page, 'a wallet with vouchers');
  for (const { complaints } of [requestor, first.tab, second.tab]) expect(complaints).toEqual([]);
});

/** What the provider side of a tab does. */
function computing({ page }: Tab) {
  return page.evaluate(() => {
    const { status, scores, running } = (globalThis as unknown as KilnWindow).kiln!.provider.view.value;
    return { status, scores, running: running.length };
  });
}
