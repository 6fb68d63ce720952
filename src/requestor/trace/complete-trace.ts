import { equalBytes, fromHex } from '../../base/bytes.ts';
import { OWN_DEVICE, standingOf, type TaskTrace } from '../../protocol/task-trace.ts';
import type { ResultRecord, Supporter } from '../records.ts';
import { closeTrace, newTrace } from './add-happening.ts';

/**
 * A trace with what its stored result knows: the result is stored first, so a tab that was closed in the wrong moment has
 * not written down that it stands. `nowMs` stands for the moment that is lost. Changes nothing where nothing is missing.
 */
export function completeTrace(
  known: TaskTrace | undefined,
  stored: ResultRecord,
  nowMs: number,
): TaskTrace | undefined {
  const { task, digest, supporters, statement, exit, outputs, isProvisional = false } = stored;
  if (digest === undefined) return known;
  const trace = known ?? newTrace(task);
  const settled = trace.steps.findLast((step) => step.kind === 'settled');
  const standing = standingOf(trace);
  const isThere =
    settled !== undefined &&
    (standing === 'verified' || standing === 'provisional') &&
    equalBytes(settled.digest, fromHex(digest));
  if (!isThere) {
    const canonical = supporters[0]?.lease ?? OWN_DEVICE;
    trace.steps.push({ kind: 'settled', at: nowMs, canonical, digest: fromHex(digest), isReplacing: false });
    const paths = outputs.map(({ path, cid, bytes }) => ({ path, cid, bytes }));
    trace.result = { ...statement, exit, outputs: paths };
  }
  for (const supporter of supporters) addSupporter(trace, supporter, nowMs);
  if (!isProvisional) closeTrace(trace, nowMs);
  return trace;
}

function addSupporter(
  trace: TaskTrace,
  { peer, payee, agreement, lease, isHeld = false }: Supporter,
  at: number,
): void {
  if (lease === undefined || payee === undefined) return;
  let run = trace.runs.find((one) => one.lease === lease);
  if (run === undefined) {
    // What it signed is lost: whoever reads the record is told so.
    run = { lease, peer, payee, agreement, cause: 'work', leasedAt: at, verdicts: [] };
    trace.runs.push(run);
  }
  const outcome = isHeld ? 'provisional' : 'accepted';
  const last = run.verdicts.at(-1)?.outcome;
  if (last !== outcome && last !== 'accepted') run.verdicts.push({ at, outcome });
}
