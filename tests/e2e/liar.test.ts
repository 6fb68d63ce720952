import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { readRecord, submitExample, waitForOffers } from '../../scripts/demo/requestor-tab.ts';
import { verifyRecord } from '../../src/kiln/record/verify-record.ts';
import { lieAlways } from './fixtures/cheats.ts';
import { expectAccessible } from './fixtures/accessible.ts';
import { waitForEnd } from './fixtures/job.ts';
import { openLender } from './fixtures/lend.ts';
import { openMarket } from './fixtures/market.ts';
import { expectSettled, paidTo, redeem, tokensOf } from './fixtures/money.ts';
import { expectTrueSweep, SWEEP, sweepOf } from './fixtures/sweep.ts';

const OFFERS_TIMEOUT_MS = 30_000;
const TASKS = 24;

test('a lying provider is caught, banned and unpaid; the job ends right and the others are paid', async () => {
  await using market = await openMarket();
  const [requestor, first, second, liar] = await Promise.all([
    market.openTab('requestor'),
    openLender(market, 'first'),
    openLender(market, 'second'),
    openLender(market, 'liar', { script: lieAlways }),
  ]);
  const tokensBefore = await tokensOf(market, liar.payee);
  await waitForOffers(requestor, 3, OFFERS_TIMEOUT_MS);
  const settings = sweepOf(TASKS, 400);
  const { job } = await submitExample(requestor, SWEEP, { ...settings }, 3);

  const view = await waitForEnd(requestor, job);
  expect(view.verified).toBe(TASKS);
  await expectTrueSweep(requestor, job, settings);

  const seen = view.providers.filter(({ peer }) => peer === liar.peer);
  expect(seen.map(({ state, tasksPaid, paid }) => ({ state, tasksPaid, paid }))).toEqual([
    { state: 'banned', tasksPaid: 0, paid: 0n },
  ]);
  const lies = view.rejected.filter(({ peer }) => peer === liar.peer);
  expect(lies.length).toBeGreaterThan(0);
  for (const { task, reason } of lies) {
    expect(task).toBeLessThan(TASKS);
    expect(reason.length).toBeGreaterThan(10);
  }
  expect(view.rejected.filter(({ peer }) => peer !== liar.peer)).toEqual([]);

  // The page says so, too.
  await requestor.page.goto(`${market.url}#/job/${job}`);
  const row = requestor.page.getByRole('row').filter({ has: requestor.page.getByTitle(liar.peer) });
  await expect.poll(() => row.innerText()).toContain('Banned');
  const list = requestor.page.getByRole('list', { name: 'Rejected results' });
  await expect.poll(() => list.innerText()).toContain(lies[0]!.reason);
  await expectAccessible(requestor.page, 'a job with rejected results');
  const caughtAt = lies[0]!.task + 1;
  await list
    .getByRole('button', { name: `Task ${caughtAt}`, exact: true })
    .first()
    .click();
  const story = requestor.page.getByRole('list', { name: `Story of task ${caughtAt}`, exact: true });
  await expect.poll(() => story.innerText()).toContain('Rejected from');
  await expectAccessible(requestor.page, 'the story of a task');

  // The record of the run holds offline, and names the liar with what it signed.
  const { findings, refuted } = await verifyRecord(await readRecord(requestor, job));
  expect(findings).toEqual([]);
  expect(new Set(refuted.map(({ peer }) => peer))).toEqual(new Set([liar.peer]));
  expect(refuted.every(({ isProven }) => isProven)).toBe(true);

  // What it signed is evidence: checked by this device, told to others, who keep it until they have to deal with the liar.
  const evidenceIn = async (page: Page) => {
    await page.goto(`${market.url}#/network`);
    const table = page.getByRole('region', { name: 'Fraud proofs, scrollable' });
    return table.getByRole('row').filter({ has: page.getByTitle(liar.peer) });
  };
  const proof = await evidenceIn(requestor.page);
  await expect.poll(() => proof.first().innerText()).toContain('Proven: caught by a job of yours.');
  await expectAccessible(requestor.page, 'the network page with evidence');
  const claim = await evidenceIn(first.tab.page);
  await expect.poll(() => claim.first().innerText()).toContain('Claimed, not checked');

  expect(await redeem(liar.tab)).toBe(0n);
  expect(await tokensOf(market, liar.payee)).toBe(tokensBefore);
  await expectSettled(market, requestor, job, [first, second]);
  for (const { peer } of [first, second]) expect(paidTo(view, peer)).toBeGreaterThan(0n);
});
