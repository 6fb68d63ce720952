import { expect, test } from 'vitest';
import { readJob, readRecord, submitExample, waitForOffers } from '../../scripts/demo/requestor-tab.ts';
import { verifyRecord } from '../../src/kiln/record/verify-record.ts';
import { readPhases, waitForJob } from './fixtures/job.ts';
import { openLender } from './fixtures/lend.ts';
import { openMarket } from './fixtures/market.ts';
import { expectSettled, tokensOf } from './fixtures/money.ts';
import { expectTrueSweep, SWEEP, sweepOf } from './fixtures/sweep.ts';
import { waitUntilOnline } from './fixtures/tab.ts';

const OFFERS_TIMEOUT_MS = 30_000;
const TASKS = 24;

test('a requestor reloaded in the middle of its job goes on where it was', async () => {
  await using market = await openMarket();
  const [requestor, ...lenders] = await Promise.all([
    market.openTab('requestor'),
    openLender(market, 'first'),
    openLender(market, 'second'),
  ]);
  await waitForOffers(requestor, 2, OFFERS_TIMEOUT_MS);
  const settings = sweepOf(TASKS, 2_000);
  const { job, budget } = await submitExample(requestor, SWEEP, { ...settings }, 2);
  const before = await waitForJob(requestor, job, ({ verified }) => verified >= TASKS / 4);
  const phases = await readPhases(requestor, job);
  expect(before.status).toBe('running');

  await requestor.page.reload();
  await waitUntilOnline(requestor);
  const resumed = await readJob(requestor, job);
  expect(resumed.verified).toBeGreaterThanOrEqual(before.verified);
  expect(resumed.spent).toBeGreaterThanOrEqual(before.spent);
  const resumedPhases = await readPhases(requestor, job);
  for (const [task, phase] of phases.entries()) {
    if (phase === 'verified') expect(resumedPhases[task], `task ${task}`).toBe('verified');
  }

  let verified = resumed.verified;
  const end = await waitForJob(requestor, job, (view) => {
    expect(view.verified).toBeGreaterThanOrEqual(verified);
    verified = view.verified;
    return view.status === 'done';
  });
  expect(end).toMatchObject({ verified: TASKS, rejected: [] });
  await expectTrueSweep(requestor, job, settings);
  await expectSettled(market, requestor, job, lenders);
  // What had been verified is not bought again: two results a task, and no more money than that.
  const settled = await readJob(requestor, job);
  expect(settled.providers.reduce((sum, { tasksPaid }) => sum + tasksPaid, 0)).toBe(2 * TASKS);
  expect(settled.budget).toBe(budget);
  expect(await tokensOf(market, market.chain.pool)).toBe(budget - settled.spent);
  // The record holds what was signed on both sides of the reload.
  const { findings, checked } = await verifyRecord(await readRecord(requestor, job));
  expect(findings).toEqual([]);
  expect(checked.results).toBeGreaterThanOrEqual(2 * TASKS);
});
