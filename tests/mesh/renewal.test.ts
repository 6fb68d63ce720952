import { expect, test, vi } from 'vitest';
import { KEY_LIFE_AFTER_AGREEMENT_MS } from '../../src/payment/voucher/acceptance.ts';
import { receiptKey } from '../../src/payment/receipt/receipt.ts';
import { MAX_CLOCK_SKEW_MS } from '../../src/protocol/constants.ts';
import type { AgreementRecord } from '../../src/provider/records.ts';
import {
  agreementsOf,
  LONG_DEVICE,
  LONG_TASK_MS,
  LONG_TASK_PRICE,
  receiptsOf,
  submitLong,
} from './long-job.ts';
import { MarketDay, PAYER, viewOf } from './market-day.ts';

// A day has 86,400 seconds: these tests look seldom, so that each of them is short.
vi.mock('../../src/requestor/constants.ts', async (original) => ({
  ...(await original<object>()),
  SWEEP_INTERVAL_MS: 60_000,
  VIEW_INTERVAL_MS: 60_000,
}));
vi.mock('../../src/provider/constants.ts', async (original) => ({
  ...(await original<object>()),
  INSPECT_INTERVAL_MS: 60_000,
  VIEW_INTERVAL_MS: 60_000,
}));
vi.mock('../../src/protocol/constants.ts', async (original) => ({
  ...(await original<object>()),
  PING_INTERVAL_MS: 60_000,
  SILENCE_LIMIT_MS: 240_000,
  ANNOUNCE_INTERVAL_MS: 120_000,
}));

const HOUR_MS = 3_600_000;

test('a job of twenty hours goes on under four agreements without a pause, and is paid to the last task', async () => {
  await using day = new MarketDay();
  const one = await day.provider(LONG_DEVICE);
  const { requestor, peer } = await day.requestor();
  const startedAtMs: number[] = [];
  const openJob = one.sandbox.openJob.bind(one.sandbox);
  one.sandbox.openJob = async (...args) => {
    const job = await openJob(...args);
    const run: typeof job.run = (task, options) => {
      startedAtMs.push(day.clock.now());
      return job.run(task, options);
    };
    return { ...job, run };
  };
  const tasks = 120;
  const session = day.session(BigInt(tasks) * LONG_TASK_PRICE);
  const job = await submitLong(day, requestor, tasks, session);
  const view = await day.untilEnded(requestor, job, 24 * HOUR_MS);
  expect(view).toMatchObject({ status: 'done', verified: tasks, executions: tasks });
  expect(view.endedAtMs! - view.createdAtMs).toBeLessThan(20 * HOUR_MS + 90_000);
  // Two tasks wait in the sandbox at any time: nothing is ever started late.
  const gaps = startedAtMs.slice(2).map((atMs, i) => atMs - startedAtMs[i + 1]!);
  expect(Math.max(...gaps)).toBeLessThan(LONG_TASK_MS + 1_000);

  const kept = await agreementsOf<AgreementRecord>(one.store);
  const known = await agreementsOf<AgreementRecord>(day.requestorStore);
  expect(kept.map(({ digest }) => digest)).toEqual(known.map(({ digest }) => digest));
  expect(kept).toHaveLength(4);
  for (const [i, { agreement }] of kept.entries()) {
    expect(agreement.renews).toBe(kept[i - 1]?.digest);
    // The session key lives for a day, and the last agreement may not last until its end.
    const latestMs = session.expiresAtMs! - KEY_LIFE_AFTER_AGREEMENT_MS - MAX_CLOCK_SKEW_MS;
    expect(agreement.expiresAt).toBe(Math.min(agreement.issuedAt + 6 * HOUR_MS, latestMs));
  }
  const { agreements, earned } = one.provider.view.value;
  expect(agreements.map(({ digest, endReason }) => [digest, endReason])).toEqual([
    [kept[3]!.digest, 'The job is done.'],
  ]);
  expect(earned).toBe(BigInt(tasks) * LONG_TASK_PRICE);
  expect(await day.redeem(one)).toBe(BigInt(tasks) * LONG_TASK_PRICE);
  const { digest } = kept[3]!;
  const told = { agreement: digest, accepted: tasks, rejected: 0, lost: 0, paid: earned };
  expect(await receiptsOf(one.store)).toMatchObject([
    [receiptKey(peer.identity.peer, digest), { message: told }],
  ]);
  expect(await receiptsOf(day.requestorStore)).toMatchObject([
    [receiptKey(one.peer.identity.peer, digest), { message: told }],
  ]);
  expect(viewOf(requestor, job)!.providers).toHaveLength(1);
});

test('the first agreement, too, ends early enough for the session key to outlive it', async () => {
  await using day = new MarketDay();
  const one = await day.provider(LONG_DEVICE);
  const { requestor } = await day.requestor();
  const cap = 3n * LONG_TASK_PRICE;
  const session = day.chain.openSession({ payer: PAYER, deposit: cap, cap, lifeMs: 3 * HOUR_MS });
  day.sessions.set(session.terms.sessionKey, session);
  const job = await submitLong(day, requestor, 3, session);
  const view = await day.untilEnded(requestor, job, 2 * HOUR_MS);
  expect(view).toMatchObject({ status: 'done', verified: 3 });
  const [first] = await agreementsOf<AgreementRecord>(one.store);
  expect(first!.agreement.expiresAt).toBe(
    session.expiresAtMs! - KEY_LIFE_AFTER_AGREEMENT_MS - MAX_CLOCK_SKEW_MS,
  );
  expect(await day.redeem(one)).toBe(cap);
});

test('a device ten times slower than the reference is waited for, by its own word', async () => {
  await using day = new MarketDay();
  const slow = await day.provider({ msPerTask: 10 * LONG_TASK_MS, microUnitsPerSecond: 100_000 });
  const { requestor } = await day.requestor();
  const job = await submitLong(day, requestor, 2);
  const view = await day.untilEnded(requestor, job, 5 * HOUR_MS);
  expect(view).toMatchObject({ status: 'done', verified: 2, executions: 2 });
  expect(slow.sandbox.started).toBe(2);
});
