import type { TaskTrace, TraceRun, TraceStep } from '../../protocol/task-trace.ts';
import type { VerdictOutcome } from '../../protocol/work.ts';

/** The last word about a replica; undefined while there is none. */
export function lastOutcome({ verdicts }: TraceRun): VerdictOutcome | undefined {
  return verdicts.at(-1)?.outcome;
}

/** Was this ever said of a replica? What was accepted once is owed, whatever was found out later. */
export function hasVerdict({ verdicts }: TraceRun, outcome: VerdictOutcome): boolean {
  return verdicts.some((verdict) => verdict.outcome === outcome);
}

/** The newest result that was taken as the task's; undefined when there is none. */
export function lastSettled({ steps }: TaskTrace): Extract<TraceStep, { kind: 'settled' }> | undefined {
  return steps.findLast((step) => step.kind === 'settled');
}
