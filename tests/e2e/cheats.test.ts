import { expect, test } from 'vitest';
import { readRecord, submitExample, waitForOffers } from '../../scripts/demo/requestor-tab.ts';
import { verifyRecord } from '../../src/kiln/record/verify-record.ts';
import { type CheatWindow, copyCommitments, lieAlways, lieLater, stallLater } from './fixtures/cheats.ts';
import { waitForEnd } from './fixtures/job.ts';
import { openLender } from './fixtures/lend.ts';
import { openMarket } from './fixtures/market.ts';
import { expectRedeemed, paidTo, waitForVouchers } from './fixtures/money.ts';
import { expectTrueSweep, SWEEP, sweepOf } from './fixtures/sweep.ts';

const OFFERS_TIMEOUT_MS = 60_000;
/** A lease that stalls is given up after half a minute at the earliest. */
const JOB_TIMEOUT_MS = 250_000;
const TASKS = 22;

test('among five tabs one lies, one lies later, one copies, one stalls: the job ends right, and they are out, each for its reason', async () => {
  await using market = await openMarket();
  const [requestor, honest, liar, late, copier, staller] = await Promise.all([
    market.openTab('requestor'),
    openLender(market, 'honest'),
    openLender(market, 'liar', { script: lieAlways }),
    openLender(market, 'late liar', { script: lieLater }),
    openLender(market, 'copier', { script: copyCommitments }),
    openLender(market, 'staller', { script: stallLater }),
  ]);
  await copier.tab.page.evaluate((peer) => {
    (globalThis as CheatWindow).victim = peer;
  }, honest.peer);
  await waitForOffers(requestor, 5, OFFERS_TIMEOUT_MS);
  const settings = sweepOf(TASKS, 400);
  const { job } = await submitExample(requestor, SWEEP, { ...settings }, 5);

  const view = await waitForEnd(requestor, job, JOB_TIMEOUT_MS);
  expect([view.verified, view.provisional]).toEqual([TASKS, 0]);
  await expectTrueSweep(requestor, job, settings);

  const reasonsFor = (peer: string) =>
    view.rejected.filter((one) => one.peer === peer).map(({ reason }) => reason);
  const stateOf = (peer: string) => view.providers.find((one) => one.peer === peer)?.state;
  for (const cheat of [liar, late, copier]) {
    expect(stateOf(cheat.peer), cheat.tab.name).toBe('banned');
    expect(reasonsFor(cheat.peer), cheat.tab.name).not.toEqual([]);
  }
  expect(reasonsFor(copier.peer).join('\n')).toContain('not the one that was committed to');
  expect(reasonsFor(honest.peer)).toEqual([]);
  // The staller told no lie: it lost its seat for the time that it took.
  expect(stateOf(staller.peer)).toBe('set-aside');
  const held = view.providers.find(({ peer }) => peer === staller.peer);
  expect(held?.endReason).toMatch(/let the time of \d+ tasks? run out/);

  // The record of the run holds offline, and names who lied with what they signed.
  const { record, findings, refuted } = await verifyRecord(await readRecord(requestor, job));
  expect(findings).toEqual([]);
  expect(new Set(refuted.map(({ peer }) => peer))).toEqual(new Set([liar.peer, late.peer, copier.peer]));
  expect(record.setAside).toMatchObject([{ peer: staller.peer, reason: held?.endReason }]);

  // Nobody is paid for a lie; whoever did honest work before is paid for that alone.
  expect([paidTo(view, liar.peer), paidTo(view, copier.peer)]).toEqual([0n, 0n]);
  expect(paidTo(view, honest.peer)).toBeGreaterThan(paidTo(view, late.peer));
  expect(paidTo(view, honest.peer)).toBeGreaterThan(paidTo(view, staller.peer));
  for (const lender of [honest, late, staller]) {
    const held = await waitForVouchers(requestor, job, lender);
    expect(held).toBe(paidTo(view, lender.peer));
    if (held > 0n) expect(await expectRedeemed(market, lender)).toBe(held);
  }
});
