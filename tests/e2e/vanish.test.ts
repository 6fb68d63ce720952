import { expect, test } from 'vitest';
import { heldVouchers } from '../../scripts/demo/provider-tab.ts';
import { submitExample, waitForOffers } from '../../scripts/demo/requestor-tab.ts';
import type { KilnWindow } from '../../scripts/demo/tab.ts';
import { waitForEnd, waitForJob } from './fixtures/job.ts';
import { openLender, startLending } from './fixtures/lend.ts';
import { openMarket } from './fixtures/market.ts';
import { expectRedeemed, paidTo, sumOf, waitForVouchers } from './fixtures/money.ts';
import { expectResumed } from './fixtures/resumed.ts';
import { expectTrueSweep, SWEEP, sweepOf } from './fixtures/sweep.ts';
import { type Tab, waitUntilOnline } from './fixtures/tab.ts';

const OFFERS_TIMEOUT_MS = 30_000;
const RUNNING_TIMEOUT_MS = 30_000;
const TASKS = 30;

test('a provider tab closed in the middle of a lease loses neither the job nor its vouchers', async () => {
  await using market = await openMarket();
  const [requestor, first, second, leaver] = await Promise.all([
    market.openTab('requestor'),
    openLender(market, 'first'),
    openLender(market, 'second'),
    market.openLastingTab('leaver').then((tab) => startLending(tab)),
  ]);
  await waitForOffers(requestor, 3, OFFERS_TIMEOUT_MS);
  const settings = sweepOf(TASKS, 2_000);
  const { job } = await submitExample(requestor, SWEEP, { ...settings }, 3);
  await waitForJob(requestor, job, (view) => paidTo(view, leaver.peer) > 0n);
  await waitUntilRunning(leaver.tab);
  const vouchersBefore = await heldVouchers(leaver.tab);
  await leaver.tab.context.close();
  expect((await waitForJob(requestor, job, () => true)).status).toBe('running');

  const view = await waitForEnd(requestor, job);
  expect(view).toMatchObject({ verified: TASKS, rejected: [] });
  await expectTrueSweep(requestor, job, settings);

  // The leaver's browser starts again over the same profile: it fetches what it missed.
  const returned = { ...leaver, tab: await market.openLastingTab('leaver') };
  const owed = await waitForVouchers(requestor, job, returned);
  expect(owed).toBe(paidTo(view, leaver.peer));
  expect(owed).toBeGreaterThanOrEqual(sumOf(vouchersBefore));
  expect(await expectRedeemed(market, returned)).toBe(owed);
  await expectResumed(returned, view);

  // A reloaded provider still owns its vouchers.
  const held = await waitForVouchers(requestor, job, first);
  await first.tab.page.reload();
  await waitUntilOnline(first.tab);
  expect(sumOf(await heldVouchers(first.tab))).toBe(held);
  expect(await expectRedeemed(market, first)).toBe(held);
  await waitForVouchers(requestor, job, second);
  await expectRedeemed(market, second);
});

async function waitUntilRunning({ page }: Tab): Promise<void> {
  await page.waitForFunction(
    () => (globalThis as unknown as KilnWindow).kiln!.provider.view.value.running.length > 0,
    undefined,
    { timeout: RUNNING_TIMEOUT_MS, polling: 50 },
  );
}
