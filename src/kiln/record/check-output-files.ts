import { cutBlob } from '../../base/cid.ts';
import type { RunFinding, RunRecord } from '../../protocol/run-record.ts';
import { standingOf } from '../../protocol/task-trace.ts';

/** An output of a task as somebody has it beside the record. */
export interface OutputFile {
  /** Counted from 0. */
  readonly task: number;
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Holds output files against the results that stand in a record: the bytes have to have the CIDs that were agreed on. */
export async function checkOutputFiles(
  record: RunRecord,
  files: readonly OutputFile[],
): Promise<RunFinding[]> {
  const traces = new Map(record.traces.map((trace) => [trace.task, trace]));
  const findings: RunFinding[] = [];
  for (const { task, path, bytes } of files) {
    const trace = traces.get(task);
    const standing = trace === undefined ? 'open' : standingOf(trace);
    const isStanding = standing === 'verified' || standing === 'provisional';
    const output = trace?.result?.outputs.find((each) => each.path === path);
    if (!isStanding) {
      findings.push({
        rule: 'output-unverified',
        message: 'No result of this task stands in the record.',
        task,
      });
    } else if (output === undefined) {
      findings.push({
        rule: 'output-unknown',
        message: `The record knows no output ${path} of this task.`,
        task,
      });
    } else if (output.bytes !== bytes.byteLength || (await cutBlob(bytes)).cid !== output.cid) {
      findings.push({ rule: 'output-differs', message: `The file ${path} is not what was verified.`, task });
    }
  }
  return findings;
}
