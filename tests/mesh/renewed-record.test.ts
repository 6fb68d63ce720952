import { expect, test, vi } from 'vitest';
import { verifyRecord } from '../../src/kiln/record/verify-record.ts';
import { openRunRecord, sealRunRecord } from '../../src/protocol/run-record.ts';
import { LONG_DEVICE, LONG_TASK_PRICE, submitLong } from './long-job.ts';
import { MarketDay } from './market-day.ts';

// Agreements of half an hour, so that they are renewed within this job; and seldom looks, so that the test is short.
vi.mock('../../src/requestor/constants.ts', async (original) => ({
  ...(await original<object>()),
  AGREEMENT_LIFETIME_MS: 1_800_000,
  SWEEP_INTERVAL_MS: 30_000,
  VIEW_INTERVAL_MS: 1_000,
}));
vi.mock('../../src/provider/constants.ts', async (original) => ({
  ...(await original<object>()),
  INSPECT_INTERVAL_MS: 30_000,
}));

const TASKS = 5;

test('the record of a job that outlived its agreements holds every renewal, and misses one that is taken out', async () => {
  await using day = new MarketDay();
  await day.provider(LONG_DEVICE);
  const { requestor, peer } = await day.requestor();
  const job = await submitLong(day, requestor, TASKS);
  expect((await day.untilEnded(requestor, job, 10_000_000)).status).toBe('done');
  const file = await requestor.runRecord(job);
  const { findings, checked, record } = await verifyRecord(file);
  expect(findings).toEqual([]);
  expect(checked.agreements).toBeGreaterThan(1);
  expect(record.issued).toBe(BigInt(TASKS) * LONG_TASK_PRICE);
  expect(record.receipts).toHaveLength(1);

  const { message } = await openRunRecord(file);
  message.agreements.shift();
  const without = await verifyRecord(sealRunRecord(peer.identity, message));
  expect(without.findings.map(({ rule }) => rule)).toContain('agreement-renewal');
});
