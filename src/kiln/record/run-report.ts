import { toHex } from '../../base/bytes.ts';
import { taskCount } from '../../job/split.ts';
import { formatGlm, taskPrice } from '../../payment/costs/price.ts';
import { decode } from '../../protocol/codec.ts';
import { MAX_MANIFEST_BYTES, MAX_NEGOTIATE_FRAME_BYTES } from '../../protocol/constants.ts';
import { manifestSchema } from '../../protocol/manifest.ts';
import { agreementSchema } from '../../protocol/negotiate.ts';
import { isSameAddress } from '../../protocol/primitives.ts';
import type { RunRecord } from '../../protocol/run-record.ts';
import { standingOf, type TaskTrace, type TraceRun } from '../../protocol/task-trace.ts';
import { hasVerdict, lastOutcome, lastSettled } from '../../verification/run/read-trace.ts';

const SECOND_MS = 1_000;

/**
 * A run's record as plain JSON for people and spreadsheets: money as exact decimal text, times in seconds, tasks counted
 * from 0. It says nothing that the record does not, and it is not signed.
 */
export function runReport(record: RunRecord, symbol: string): Readonly<Record<string, unknown>> {
  const manifest = decode(manifestSchema, record.manifest, MAX_MANIFEST_BYTES);
  const { deliverable } = manifest;
  const tasks = taskCount(manifest.split);
  return {
    job: record.job,
    name: manifest.name,
    requestor: record.requestor,
    software: record.software,
    status: record.status,
    ...(record.error === undefined ? {} : { error: record.error }),
    tasks,
    verified: record.traces.filter((trace) => standingOf(trace) === 'verified').length,
    executions: record.traces.reduce((sum, { runs }) => sum + runs.filter(isDelivered).length, 0),
    token: symbol,
    budget: exact(record.terms.budget),
    spent: exact(record.issued),
    createdAt: new Date(record.createdAt).toISOString(),
    ...secondsSince('wallSeconds', record.createdAt, record.endedAt),
    ...secondsSince('timeToFirstResultSeconds', record.createdAt, record.firstResultAt),
    providers: providersOf(record),
    ...(deliverable.kind === 'video'
      ? { video: { frames: tasks, width: deliverable.width, height: deliverable.height } }
      : {}),
    rejected: record.traces.flatMap(rejectedOf),
    caught: record.caught,
    setAside: record.setAside ?? [],
    policy: manifest.policy,
    comparator: manifest.comparator,
  };
}

function providersOf(record: RunRecord) {
  const rows = new Map<
    string,
    { payee: string; executions: number; tasks: number; due: bigint; isBanned: boolean }
  >();
  const prices = new Map<string, bigint>();
  for (const { provider } of record.agreements) {
    const agreement = decode(agreementSchema, provider.payload, MAX_NEGOTIATE_FRAME_BYTES);
    const isBanned = record.caught.some(({ peer }) => peer === agreement.provider);
    const price = taskPrice(agreement.pricePerUnit, agreement.microUnitsPerTask);
    prices.set(`${agreement.provider} ${agreement.payee.toLowerCase()}`, price);
    rows.set(agreement.provider, { payee: agreement.payee, executions: 0, tasks: 0, due: 0n, isBanned });
  }
  for (const run of record.traces.flatMap(({ runs }) => runs)) {
    const row = rows.get(run.peer);
    if (row === undefined) continue;
    if (isDelivered(run)) row.executions++;
    if (!hasVerdict(run, 'accepted')) continue;
    row.tasks++;
    row.due += prices.get(`${run.peer} ${run.payee.toLowerCase()}`) ?? 0n;
  }
  return [...rows].map(([peer, { payee, executions, tasks, due, isBanned }]) => ({
    peer,
    payee,
    executions,
    tasks,
    glmDue: exact(due),
    glmPaidToPayee: exact(
      record.vouchers.find((voucher) => isSameAddress(voucher.payee, payee))?.amount ?? 0n,
    ),
    isBanned,
  }));
}

function rejectedOf(trace: TaskTrace) {
  const accepted = lastSettled(trace)?.digest;
  return trace.runs
    .filter((run) => lastOutcome(run) === 'rejected' || run.ended?.how === 'broken')
    .map((run) => ({
      task: trace.task,
      peer: run.peer,
      reason: run.verdicts.findLast(({ reason }) => reason !== undefined)?.reason ?? run.ended?.reason ?? '',
      ...(run.digest === undefined ? {} : { claimed: toHex(run.digest) }),
      ...(accepted === undefined ? {} : { accepted: toHex(accepted) }),
    }));
}

function isDelivered({ commit }: TraceRun): boolean {
  return commit !== undefined;
}

function exact(amount: bigint): string {
  return formatGlm(amount, { symbol: '' }).trim();
}

function secondsSince(
  name: string,
  fromMs: number,
  toMs: number | undefined,
): Readonly<Record<string, number>> {
  return toMs === undefined ? {} : { [name]: (toMs - fromMs) / SECOND_MS };
}
