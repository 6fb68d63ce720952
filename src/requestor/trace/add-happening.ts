import { fromHex, ownBytes } from '../../base/bytes.ts';
import { MAX_REASON_CHARS } from '../../protocol/constants.ts';
import {
  MAX_TRACE_CHECKS,
  MAX_TRACE_RUNS,
  MAX_TRACE_STEPS,
  MAX_TRACE_VERDICTS,
  type TaskTrace,
  type TraceCheck,
  type TraceRun,
  type TraceStep,
  standingOf,
} from '../../protocol/task-trace.ts';
import type { TaskHappening, TaskTraceEvent } from '../results/task-events.ts';

/** The trace of a task of which nothing is known yet. */
export function newTrace(task: number): TaskTrace {
  return { task, runs: [], checks: [], steps: [], omitted: 0 };
}

/**
 * Writes one happening into a trace, in place: a job of many tiny tasks has millions of them. `commitId` names the
 * envelope of a commitment.
 */
export function addHappening(trace: TaskTrace, event: TaskTraceEvent, commitId?: string): void {
  const at = event.atMs;
  switch (event.type) {
    case 'leased':
      return addRun(trace, event);
    case 'committed':
    case 'revealed':
    case 'void':
    case 'verdict':
      return addToRun(trace, event, at, commitId);
    case 'reveal-asked':
      return;
    case 'compared': {
      const { a, b, agrees } = event;
      return addCheck(trace, { kind: 'compared', at, a, b, agrees, ...because(event.reason) });
    }
    case 'judged': {
      const { lease, outcome, seed } = event;
      const chance = seed === undefined ? {} : { seed };
      return addCheck(trace, { kind: 'judged', at, lease, outcome, ...chance, ...because(event.reason) });
    }
    case 'own-run':
      return addCheck(trace, { kind: 'own-run', at });
    case 'own-result':
      return addCheck(trace, { kind: 'own-result', at, digest: fromHex(event.digest) });
    case 'own-failed':
      return addCheck(trace, { kind: 'own-failed', at, reason: cut(event.reason) });
    case 'settled': {
      const { canonical, digest, isReplacing } = event;
      const { numericClass: _, ...result } = event.result;
      trace.result = result;
      return addStep(trace, { kind: 'settled', at, canonical, digest: fromHex(digest), isReplacing });
    }
    default:
      return addStep(trace, { kind: event.type, at, reason: cut(event.reason) });
  }
}

function addRun(trace: TaskTrace, event: Extract<TaskTraceEvent, { type: 'leased' }>): void {
  const { lease, peer, payee, agreement, cause, atMs } = event;
  const run: TraceRun = { lease, peer, payee, agreement, cause, leasedAt: atMs, verdicts: [] };
  trace.runs.push(run);
  bound(trace);
}

type OfRun = Extract<TaskHappening, { type: 'committed' | 'revealed' | 'void' | 'verdict' }>;

function addToRun(trace: TaskTrace, event: OfRun, at: number, commitId: string | undefined): void {
  const run = trace.runs.find(({ lease }) => lease === event.lease);
  if (run === undefined) return;
  if (event.type === 'committed') {
    run.committedAt = at;
    run.wallMs = event.wallMs;
    if (commitId !== undefined) run.commit = commitId;
  } else if (event.type === 'revealed') {
    run.revealedAt = at;
    run.nonce = ownBytes(event.nonce);
    run.digest = fromHex(event.digest);
    run.exit = event.exit;
    if (event.numericClass !== undefined) run.numericClass = event.numericClass;
  } else if (event.type === 'void') {
    run.ended = { at, how: event.how, reason: cut(event.reason) };
  } else {
    if (run.verdicts.length === MAX_TRACE_VERDICTS) trace.omitted += run.verdicts.splice(1, 1).length;
    run.verdicts.push({ at, outcome: event.outcome, ...because(event.reason) });
  }
}

function addCheck(trace: TaskTrace, check: TraceCheck): void {
  trace.checks.push(check);
  bound(trace);
}

function addStep(trace: TaskTrace, step: TraceStep): void {
  trace.steps.push(step);
  bound(trace);
}

/** Keeps every list within its limit: runs that came to nothing go first, then the oldest. */
function bound(trace: TaskTrace): void {
  while (trace.runs.length > MAX_TRACE_RUNS) {
    const idle = trace.runs.findIndex(({ ended, commit }) => ended !== undefined && commit === undefined);
    trace.omitted += trace.runs.splice(Math.max(0, idle), 1).length;
  }
  trace.omitted += trace.checks.splice(0, trace.checks.length - MAX_TRACE_CHECKS).length;
  trace.omitted += trace.steps.splice(0, trace.steps.length - MAX_TRACE_STEPS).length;
}

/** A task is over for good: a result that stands counts from now on, if nothing said so before. */
export function closeTrace(trace: TaskTrace, at: number): void {
  if (standingOf(trace) !== 'provisional') return;
  const accepted = trace.runs.filter(({ verdicts }) => verdicts.at(-1)?.outcome === 'accepted').length;
  const isOwn = trace.checks.some(({ kind }) => kind === 'own-result');
  const isJudged = trace.checks.some((check) => check.kind === 'judged' && check.outcome === 'right');
  const reason = isOwn
    ? 'this device computed it too'
    : isJudged
      ? 'the verifier of the job found it right'
      : accepted > 1
        ? `${accepted} results agree`
        : 'the check policy asks for no more';
  addStep(trace, { kind: 'released', at, reason });
}

/** Of a task that counts for good, at most so many runs that came to nothing are kept. */
const IDLE_RUNS_KEPT = 2;

/** Drops what a task that counts for good needs no more: runs that were given and never delivered. */
export function compactTrace(trace: TaskTrace): void {
  let idle = 0;
  const kept = trace.runs.filter(({ commit }) => commit !== undefined || idle++ < IDLE_RUNS_KEPT);
  trace.omitted += trace.runs.length - kept.length;
  trace.runs = kept;
}

function because(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason: cut(reason) };
}

function cut(reason: string): string {
  return reason.slice(0, MAX_REASON_CHARS);
}
