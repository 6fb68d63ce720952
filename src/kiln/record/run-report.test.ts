import { expect, test } from 'vitest';
import vector from '../../../tests/vectors/run-record.json';
import { fromHex } from '../../base/bytes.ts';
import { openRunRecord } from '../../protocol/run-record.ts';
import { runReport } from './run-report.ts';
import { verifyRecord } from './verify-record.ts';

const FILE = fromHex(vector.bytes.hex);

test('the record that stands in the vectors holds', async () => {
  const { findings, checked } = await verifyRecord(FILE);
  expect(findings).toEqual([]);
  expect(checked).toEqual({ agreements: 1, commits: 1, results: 1, vouchers: 1, outputFiles: 0 });
});

test('the report is plain JSON with exact money and times in seconds', async () => {
  const { message } = await openRunRecord(FILE);
  const report = JSON.parse(JSON.stringify(runReport(message, 'tGLM'))) as Record<string, unknown>;
  expect(report).toMatchObject({
    job: message.job,
    name: 'one',
    status: 'done',
    tasks: 1,
    verified: 1,
    executions: 1,
    token: 'tGLM',
    budget: '0.00000000000002',
    spent: '0.00000000000001',
    wallSeconds: 0.5,
    timeToFirstResultSeconds: 0.4,
    rejected: [],
    caught: [],
    policy: { kind: 'trust' },
  });
  expect(report['providers']).toEqual([
    {
      peer: message.traces[0]!.runs[0]!.peer,
      payee: `0x${'cc'.repeat(20)}`,
      executions: 1,
      tasks: 1,
      glmDue: '0.00000000000001',
      glmPaidToPayee: '0.00000000000001',
      isBanned: false,
    },
  ]);
});

test('a rejected result stands in the report with both digests, its provider as banned', async () => {
  const { message } = await openRunRecord(FILE);
  const [run] = message.traces[0]!.runs;
  message.traces[0]!.runs.push({
    ...run!,
    lease: '0xcd',
    digest: new Uint8Array(32).fill(9),
    verdicts: [{ at: 1, outcome: 'rejected', reason: 'stdout has other bytes' }],
  });
  message.caught.push({ peer: run!.peer, at: 1, reason: 'lied', task: 0 });
  const report = runReport(message, 'GLM');
  expect(report).toMatchObject({
    executions: 2,
    rejected: [{ task: 0, reason: 'stdout has other bytes', claimed: '09'.repeat(32) }],
    providers: [{ isBanned: true, tasks: 1 }],
  });
});
