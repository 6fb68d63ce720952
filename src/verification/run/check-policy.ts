import { equalBytes } from '../../base/bytes.ts';
import type { RunFinding } from '../../protocol/run-record.ts';
import { OWN_DEVICE, type TaskTrace, type TraceRun } from '../../protocol/task-trace.ts';
import type { OpenedRun } from './open-run.ts';
import { lastOutcome, lastSettled } from './read-trace.ts';

type Wrong = Pick<RunFinding, 'rule' | 'message'>;

/**
 * Does a standing result have the supporters that its job's policy calls for? What `adaptive` allows a single provider by
 * its earlier record cannot be seen in one run; that two are needed once results disagreed can.
 */
export function checkPolicy(
  { manifest, record }: OpenedRun,
  trace: TaskTrace,
  standing: 'verified' | 'provisional',
): Wrong[] {
  const settled = lastSettled(trace)!;
  const supporters = trace.runs.filter((run) => {
    const outcome = lastOutcome(run);
    return outcome === 'accepted' || (outcome === 'provisional' && standing === 'provisional');
  });
  const wrong: Wrong[] = [];
  for (const [what, keys] of [
    ['provider', supporters.map(({ peer }) => peer)],
    ['payee', supporters.map(({ payee }) => payee.toLowerCase())],
  ] as const) {
    if (new Set(keys).size < keys.length)
      wrong.push({ rule: 'accepted-twice', message: `One ${what} was accepted for this task twice.` });
  }
  const isOwn = settled.canonical === OWN_DEVICE || hasOwnResult(trace, settled.digest);
  const isJudged =
    manifest.comparator.class === 'verifier' &&
    trace.checks.some(
      (check) => check.kind === 'judged' && check.outcome === 'right' && check.lease === settled.canonical,
    );
  const needed = neededSupporters(manifest.policy, trace);
  if (!isOwn && !isJudged && supporters.length < needed) {
    wrong.push({
      rule: 'policy',
      message: `The check policy calls for ${needed} agreeing results; ${supporters.length} support this one.`,
    });
  }
  const caught = new Set(record.caught.map(({ peer }) => peer));
  if (!isOwn && !isJudged && supporters.length > 0 && supporters.every(({ peer }) => caught.has(peer)))
    wrong.push({
      rule: 'supporters-caught',
      message: 'Everybody who supports this result was caught lying.',
    });
  return wrong;
}

function neededSupporters(policy: OpenedRun['manifest']['policy'], trace: TaskTrace): number {
  if (policy.kind === 'quorum') return policy.need;
  if (policy.kind === 'trust') return 1;
  return trace.runs.some(isOutvoted) ? 2 : 1;
}

function isOutvoted(run: TraceRun): boolean {
  return lastOutcome(run) === 'rejected' && run.digest !== undefined && run.ended === undefined;
}

/** Did the requestor's own device come to the result that stands, or to one that agrees with it? */
function hasOwnResult({ checks }: TaskTrace, standing: Uint8Array): boolean {
  return checks.some(
    (check) =>
      (check.kind === 'own-result' && equalBytes(check.digest, standing)) ||
      (check.kind === 'compared' && check.agrees && [check.a, check.b].includes(OWN_DEVICE)),
  );
}
