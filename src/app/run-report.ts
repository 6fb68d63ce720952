import type { JobView } from '../requestor/view.ts';
import { exactGlm } from './format.ts';

const SECOND_MS = 1_000;

/** The record of a job's run as plain JSON: money as exact decimal text, times in seconds. */
export function runReport(job: JobView, symbol: string): Readonly<Record<string, unknown>> {
  const { deliverable } = job.manifest;
  return {
    job: job.job,
    name: job.manifest.name,
    status: job.status,
    ...(job.error === undefined ? {} : { error: job.error }),
    tasks: job.phases.length,
    verified: job.verified,
    executions: job.executions,
    token: symbol,
    budget: exactGlm(job.budget),
    spent: exactGlm(job.spent),
    createdAt: new Date(job.createdAtMs).toISOString(),
    ...secondsSince('wallSeconds', job.createdAtMs, job.endedAtMs),
    ...secondsSince('timeToFirstResultSeconds', job.createdAtMs, job.firstResultAtMs),
    providers: job.providers.map((provider) => ({
      peer: provider.peer,
      payee: provider.payee,
      state: provider.state,
      executions: provider.executions,
      tasks: provider.tasksPaid,
      glmPaid: exactGlm(provider.paid),
      ...(provider.msPerTask === undefined ? {} : { msPerTask: provider.msPerTask }),
    })),
    ...(deliverable.kind === 'video'
      ? { video: { frames: job.phases.length, width: deliverable.width, height: deliverable.height } }
      : {}),
    rejected: job.rejected,
    policy: job.manifest.policy,
    comparator: job.manifest.comparator,
  };
}

function secondsSince(
  name: string,
  fromMs: number,
  toMs: number | undefined,
): Readonly<Record<string, number>> {
  return toMs === undefined ? {} : { [name]: (toMs - fromMs) / SECOND_MS };
}
