import { expect, test } from 'vitest';
import { runReport } from './run-report.ts';
import { filmManifest, sampleJob } from './test/sample-views.ts';

test('the report is plain JSON with exact money and times in seconds', () => {
  const nowMs = 1_000_000;
  const job = { ...sampleJob(filmManifest(2), ['verified', 'verified'], nowMs), endedAtMs: nowMs };
  const report = JSON.parse(JSON.stringify(runReport(job, 'tGLM'))) as Record<string, unknown>;
  expect(report).toMatchObject({
    tasks: 2,
    verified: 2,
    spent: '0.021',
    wallSeconds: 120,
    timeToFirstResultSeconds: 10,
    video: { frames: 2, width: 160, height: 90 },
    rejected: job.rejected,
  });
  expect(report['providers']).toMatchObject([
    { tasks: 13, glmPaid: '0.021' },
    { tasks: 0, glmPaid: '0' },
  ]);
});
