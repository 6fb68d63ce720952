import { equalBytes, toHex } from '../../base/bytes.ts';
import { isSameAddress } from '../../protocol/primitives.ts';
import type { RunFinding } from '../../protocol/run-record.ts';
import { OWN_DEVICE, type TaskTrace, type TraceRun, standingOf } from '../../protocol/task-trace.ts';
import { commitment, resultDigest } from '../../protocol/task.ts';
import { checkPolicy } from './check-policy.ts';
import type { OpenedRun } from './open-run.ts';
import { hasVerdict, lastOutcome, lastSettled } from './read-trace.ts';

/** A provider's signed result that was not accepted. `isProven`: its signed commitment opens to `claimed`. */
export interface Refuted {
  readonly task: number;
  readonly peer: string;
  readonly reason: string;
  readonly isProven: boolean;
  /** Hex digests. */
  readonly claimed?: string;
  readonly accepted?: string;
}

/** Checks one task: who did it, what they signed, what stands, and whether the policy allows that. */
export async function checkTrace(
  run: OpenedRun,
  trace: TaskTrace,
): Promise<{ readonly findings: RunFinding[]; readonly refuted: Refuted[] }> {
  const findings: RunFinding[] = [];
  const refuted: Refuted[] = [];
  const { task } = trace;
  const settled = lastSettled(trace);
  const seen = new Set<string>();
  const opened = new Set<string>();
  for (const one of trace.runs) {
    const wrong = seen.has(one.lease)
      ? { rule: 'lease-twice', message: `Lease ${one.lease} stands there twice.` }
      : await checkRun(run, task, one);
    seen.add(one.lease);
    if (wrong !== undefined) findings.push({ ...wrong, task, peer: one.peer });
    else if (one.digest !== undefined) opened.add(one.lease);
    if (!isRefuted(run, trace, one)) continue;
    refuted.push({
      task,
      peer: one.peer,
      reason: one.verdicts.findLast(({ reason }) => reason !== undefined)?.reason ?? one.ended?.reason ?? '',
      isProven: opened.has(one.lease),
      ...(one.digest === undefined ? {} : { claimed: toHex(one.digest) }),
      ...(settled === undefined ? {} : { accepted: toHex(settled.digest) }),
    });
  }
  const standing = standingOf(trace);
  if (settled !== undefined && (standing === 'verified' || standing === 'provisional')) {
    const wrong = [...(await checkStanding(run, trace, opened)), ...checkPolicy(run, trace, standing)];
    findings.push(...wrong.map((finding) => ({ ...finding, task })));
  }
  return { findings, refuted };
}

/**
 * Was this result itself turned down? What a caught provider delivered elsewhere counts no more either, and may be right.
 */
function isRefuted({ record, manifest }: OpenedRun, trace: TaskTrace, one: TraceRun): boolean {
  if (one.ended?.how === 'broken') return true;
  if (lastOutcome(one) !== 'rejected') return false;
  const isCaughtHere = record.caught.some(({ peer, task }) => peer === one.peer && task === trace.task);
  const isCaughtElsewhere = record.caught.some(({ peer, task }) => peer === one.peer && task !== trace.task);
  if (isCaughtHere || !isCaughtElsewhere) return true;
  const standing = lastSettled(trace)?.digest;
  const isExact = manifest.comparator.class === 'exact';
  return isExact && standing !== undefined && one.digest !== undefined && !equalBytes(one.digest, standing);
}

type Wrong = Pick<RunFinding, 'rule' | 'message'>;

/** One replica: its provider is the agreement's, and its signed commitment opens to the digest that it showed. */
async function checkRun(run: OpenedRun, task: number, one: TraceRun): Promise<Wrong | undefined> {
  const agreement = run.agreements.get(one.agreement);
  if (agreement === undefined)
    return {
      rule: 'run-agreement',
      message: 'It was done under an agreement that is not (soundly) in this record.',
    };
  if (agreement.provider !== one.peer || !isSameAddress(agreement.payee, one.payee))
    return { rule: 'run-provider', message: 'It names another provider or payee than its agreement.' };
  if (one.commit === undefined) {
    if (!hasVerdict(one, 'accepted') && one.digest === undefined) return undefined;
    return { rule: 'commit-missing', message: 'The provider’s signed commitment is missing.' };
  }
  const commit = run.commits.get(one.commit);
  const expected = commit?.commitments.get(task);
  const isOfRun =
    commit?.lease === one.lease && run.roots.get(commit.agreement) === run.roots.get(one.agreement);
  if (expected === undefined || !isOfRun)
    return {
      rule: 'commit-task',
      message: 'The signed commitment is not (soundly) about this task and lease.',
    };
  if (one.digest === undefined || one.nonce === undefined) {
    return hasVerdict(one, 'accepted')
      ? { rule: 'reveal-missing', message: 'It was accepted without ever having been shown.' }
      : undefined;
  }
  const made = await commitment(run.record.job, task, one.peer, one.nonce, one.digest);
  return equalBytes(made, expected)
    ? undefined
    : { rule: 'commitment-broken', message: 'The signed commitment does not open to this result.' };
}

/** What stands: its statement has its digest, the accepted ones agree with it, nobody is accepted twice. */
async function checkStanding(
  run: OpenedRun,
  trace: TaskTrace,
  opened: ReadonlySet<string>,
): Promise<Wrong[]> {
  const wrong: Wrong[] = [];
  const settled = lastSettled(trace)!;
  const isExact = run.manifest.comparator.class === 'exact';
  if (trace.result === undefined || !equalBytes(await resultDigest(trace.result), settled.digest))
    wrong.push({ rule: 'result-digest', message: 'The result that stands is not the one of its digest.' });
  const canonical = trace.runs.find(({ lease }) => lease === settled.canonical);
  if (settled.canonical !== OWN_DEVICE) {
    if (canonical?.digest === undefined || !equalBytes(canonical.digest, settled.digest))
      wrong.push({
        rule: 'canonical',
        message: 'The result that stands is not what its provider delivered.',
      });
    else if (!opened.has(canonical.lease))
      wrong.push({ rule: 'canonical', message: 'The result that stands is not covered by a signature.' });
  }
  for (const one of trace.runs) {
    const outcome = lastOutcome(one);
    if (one.digest === undefined || !isExact) continue;
    const isSame = equalBytes(one.digest, settled.digest);
    if ((outcome === 'accepted' || outcome === 'provisional') && !isSame)
      wrong.push({
        rule: 'accepted-differs',
        message: `${one.peer} was accepted for another result than the one that stands.`,
      });
    if (outcome === 'rejected' && isSame && one.ended === undefined && isRefuted(run, trace, one))
      wrong.push({
        rule: 'rejected-agrees',
        message: `${one.peer} was rejected for the very result that stands.`,
      });
  }
  return wrong;
}
