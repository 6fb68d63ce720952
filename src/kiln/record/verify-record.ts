import { chunkCid } from '../../base/cid.ts';
import { parseManifest } from '../../job/manifest.ts';
import { taskCount } from '../../job/split.ts';
import { checkRunPay, type OwedToPayee } from '../../payment/receipt/check-run-pay.ts';
import { taskPrice } from '../../payment/costs/price.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { openRunRecord, type RunFinding, type RunRecord } from '../../protocol/run-record.ts';
import { standingOf } from '../../protocol/task-trace.ts';
import { checkTrace, type Refuted } from '../../verification/run/check-trace.ts';
import { type OpenedRun, openRun } from '../../verification/run/open-run.ts';
import { hasVerdict } from '../../verification/run/read-trace.ts';
import { checkOutputFiles, type OutputFile } from './check-output-files.ts';
import { checkReceipts } from './check-receipts.ts';

/** What a reader learns of a record. */
export interface RecordCheck {
  readonly record: RunRecord;
  readonly manifest: Manifest;
  /** What does not hold; empty when everything does. */
  readonly findings: readonly RunFinding[];
  /** Results that were not accepted, with what their providers signed. */
  readonly refuted: readonly Refuted[];
  readonly checked: {
    readonly agreements: number;
    readonly commits: number;
    /** Replicas whose signed commitment opens to the result that they showed. */
    readonly results: number;
    readonly vouchers: number;
    readonly outputFiles: number;
  };
}

/**
 * Checks the record of a run offline: every signature, every digest, the policy, the vouchers; and the output files of
 * tasks, where they are given. Nothing of it is believed because its requestor says so, but for what only the requestor
 * could see: times, comparisons, its own runs.
 *
 * Throws `protocol/…` or `envelope/…` when the file is no record or is not signed by its requestor, `job/…` when its
 * manifest is none; everything else becomes a finding.
 *
 * @param onProgress hears the share that is done, between 0 and 1
 * @example
 * const { findings } = await verifyRecord(bytes);
 * if (findings.length > 0) console.error(findings);
 */
export async function verifyRecord(
  file: Uint8Array,
  outputs: readonly OutputFile[] = [],
  onProgress: (done: number) => void = () => {},
): Promise<RecordCheck> {
  const { message: record, signer } = await openRunRecord(file);
  const findings: RunFinding[] = [];
  if (signer !== record.requestor)
    findings.push({
      rule: 'record-signer',
      message: 'The record is not signed by the requestor that it names.',
    });
  if ((await chunkCid(record.manifest)) !== record.job)
    findings.push({ rule: 'manifest', message: 'The manifest is not that of the job: its CID differs.' });
  const manifest = parseManifest(record.manifest);
  const opened = await openRun(record, manifest);
  const { run } = opened;
  findings.push(...opened.findings, ...checkTasks(record, manifest));
  const refuted: Refuted[] = [];
  let results = 0;
  for (const [i, trace] of record.traces.entries()) {
    const checked = await checkTrace(run, trace);
    findings.push(...checked.findings);
    refuted.push(...checked.refuted);
    results += trace.runs.filter(({ digest }) => digest !== undefined).length;
    if (i % 256 === 0) onProgress(i / record.traces.length);
  }
  findings.push(
    ...(await checkRunPay(record, owedTo(run))),
    ...(await checkReceipts(run)),
    ...checkCaught(record),
    ...(await checkOutputFiles(record, outputs)),
  );
  onProgress(1);
  return {
    record,
    manifest,
    findings,
    refuted,
    checked: {
      agreements: run.agreements.size,
      commits: run.commits.size,
      results,
      vouchers: record.vouchers.length,
      outputFiles: outputs.length,
    },
  };
}

function checkTasks(record: RunRecord, manifest: Manifest): RunFinding[] {
  const findings: RunFinding[] = [];
  const tasks = taskCount(manifest.split);
  let before = -1;
  for (const { task } of record.traces) {
    if (task <= before || task >= tasks)
      findings.push({
        rule: 'task-order',
        message: 'This task stands there twice, or is none of the job.',
        task,
      });
    before = task;
  }
  if (record.status !== 'done') return findings;
  const verified = new Set(
    record.traces.filter((trace) => standingOf(trace) === 'verified').map(({ task }) => task),
  );
  for (let task = 0; task < tasks; task++) {
    if (!verified.has(task))
      findings.push({
        rule: 'not-verified',
        message: 'The job is said to be done, but nothing here verifies this task.',
        task,
      });
  }
  return findings;
}

/** What each payee's accepted results come to: a price for each, once, whatever was found out later. */
function owedTo({ record, agreements }: OpenedRun): OwedToPayee[] {
  const owed = new Map<string, bigint>();
  for (const { runs } of record.traces) {
    const paid = new Set<string>();
    for (const run of runs) {
      const agreement = agreements.get(run.agreement);
      const payee = run.payee.toLowerCase();
      if (agreement === undefined || !hasVerdict(run, 'accepted') || paid.has(run.lease)) continue;
      paid.add(run.lease);
      const price = taskPrice(agreement.pricePerUnit, agreement.microUnitsPerTask);
      owed.set(payee, (owed.get(payee) ?? 0n) + price);
    }
  }
  return [...owed].map(([payee, amount]) => ({ payee, owed: amount }));
}

/** Whoever is said to have been caught at a task has a result there that was not accepted. */
function checkCaught(record: RunRecord): RunFinding[] {
  const byTask = new Map(record.traces.map((trace) => [trace.task, trace]));
  return record.caught.flatMap(({ peer, task }) => {
    if (task === undefined) return [];
    const run = byTask
      .get(task)
      ?.runs.find((one) => one.peer === peer && (hasVerdict(one, 'rejected') || one.ended?.how === 'broken'));
    if (run !== undefined) return [];
    return [
      {
        rule: 'caught-without-reason',
        message: 'A provider was banned for this task without a rejected result.',
        task,
        peer,
      },
    ];
  });
}
