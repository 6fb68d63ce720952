import { toHex } from '../../../base/bytes.ts';
import {
  OWN_DEVICE,
  type TaskTrace,
  type TraceCheck,
  type TraceRun,
  type TraceStep,
} from '../../../protocol/task-trace.ts';
import type { VerdictOutcome } from '../../../protocol/work.ts';
import { shortPeer } from '../../words/format.ts';

/** One line of a task's story. `good` and `bad` are about the result, not about a person. */
export interface TraceLine {
  readonly atMs: number;
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'bad' | 'wait';
  /** Full peer ids, shown beside their short names. */
  readonly peers: readonly string[];
  /** Named hex digests: of results, agreements. */
  readonly digests: readonly { readonly name: string; readonly hex: string }[];
}

const CAUSES: Readonly<Record<TraceRun['cause'], string>> = {
  work: '',
  duplicate: ', a second time because the first is slow',
  check: ', to check the result that stands',
  ringer: ', though its answer is known: a test that it cannot tell from work',
};

/** A task's trace as sentences in the order in which things happened. */
export function traceLines(trace: TaskTrace): TraceLine[] {
  const nameOf = (id: string) => {
    if (id === OWN_DEVICE) return 'this device';
    const run = trace.runs.find(({ lease }) => lease === id);
    return run === undefined ? 'a provider' : shortPeer(run.peer);
  };
  return [
    ...trace.runs.flatMap(runLines),
    ...trace.checks.map((check) => checkLine(check, nameOf)),
    ...trace.steps.map((step) => stepLine(step, nameOf)),
  ].toSorted((a, b) => a.atMs - b.atMs);
}

function runLines(run: TraceRun): TraceLine[] {
  const peer = shortPeer(run.peer);
  const peers = [run.peer];
  const line = (
    atMs: number,
    text: string,
    tone: TraceLine['tone'] = 'plain',
    digests: TraceLine['digests'] = [],
  ) => ({ atMs, text, tone, peers, digests });
  const lines = [
    line(run.leasedAt, `Given to ${peer}${CAUSES[run.cause]}.`, 'plain', [
      { name: 'agreement', hex: run.agreement },
    ]),
  ];
  if (run.committedAt !== undefined)
    lines.push(line(run.committedAt, `${peer} signed its result before it showed it.`));
  if (run.revealedAt !== undefined && run.digest !== undefined) {
    const how = run.exit === undefined || run.exit.kind === 'ok' ? '' : ` (${exitWords(run.exit)})`;
    const digests = [{ name: 'result', hex: toHex(run.digest) }];
    lines.push(
      line(run.revealedAt, `${peer} showed its result${how}; it is what it had signed.`, 'plain', digests),
    );
  }
  if (run.ended !== undefined) {
    const { at, how, reason } = run.ended;
    const what = { lost: 'did not deliver', inconclusive: 'could not run it', broken: 'broke its word' }[how];
    lines.push(line(at, `${peer} ${what}: ${sentence(reason)}`, how === 'broken' ? 'bad' : 'wait'));
  }
  for (const { at, outcome, reason } of run.verdicts) {
    const [text, tone] = verdictWords(peer, outcome, reason);
    lines.push(line(at, text, tone));
  }
  return lines;
}

function verdictWords(
  peer: string,
  outcome: VerdictOutcome,
  reason: string | undefined,
): [string, TraceLine['tone']] {
  const why = reason === undefined ? '.' : `: ${sentence(reason)}`;
  switch (outcome) {
    case 'accepted':
      return [`Accepted from ${peer}, which is paid for it${why}`, 'good'];
    case 'provisional':
      return [`Accepted from ${peer} for now; its pay is held back${why}`, 'wait'];
    case 'rejected':
      return [`Rejected from ${peer}, unpaid${why}`, 'bad'];
    case 'inconclusive':
      return [`No result from ${peer} that counts${why}`, 'wait'];
    case 'not-needed':
      return [`Not needed from ${peer} any more${why}`, 'plain'];
  }
}

function checkLine(check: TraceCheck, nameOf: (id: string) => string): TraceLine {
  const line = (text: string, tone: TraceLine['tone'] = 'plain', digests: TraceLine['digests'] = []) => ({
    atMs: check.at,
    text,
    tone,
    peers: [],
    digests,
  });
  switch (check.kind) {
    case 'compared': {
      const [a, b] = [nameOf(check.a), nameOf(check.b)];
      return check.agrees
        ? line(`Compared: ${a} and ${b} agree.`, 'good')
        : line(`Compared: ${a} and ${b} differ: ${sentence(check.reason ?? 'other bytes')}`, 'bad');
    }
    case 'judged': {
      const tone = check.outcome === 'right' ? 'good' : check.outcome === 'wrong' ? 'bad' : 'wait';
      const what =
        check.outcome === 'inconclusive' ? 'could not tell whether it is right' : `found it ${check.outcome}`;
      const why = check.reason === undefined ? '.' : `: ${sentence(check.reason)}`;
      return line(
        `The job’s verifier looked at the result of ${nameOf(check.lease)} and ${what}${why}`,
        tone,
      );
    }
    case 'own-run':
      return line('This device computes it too, to know for sure.');
    case 'own-result':
      return line('This device has its own result.', 'plain', [{ name: 'result', hex: toHex(check.digest) }]);
    case 'own-failed':
      return line(`This device could not compute it: ${sentence(check.reason)}`, 'wait');
  }
}

function stepLine(step: TraceStep, nameOf: (id: string) => string): TraceLine {
  const line = (text: string, tone: TraceLine['tone'], digests: TraceLine['digests'] = []) => ({
    atMs: step.at,
    text,
    tone,
    peers: [],
    digests,
  });
  switch (step.kind) {
    case 'settled': {
      const verb = step.isReplacing ? 'replaces the one before' : 'stands';
      return line(`The result of ${nameOf(step.canonical)} ${verb}.`, 'good', [
        { name: 'result', hex: toHex(step.digest) },
      ]);
    }
    case 'released':
      return line(`It counts for good: ${sentence(step.reason)}`, 'good');
    case 'rechecked':
      return line(`It is checked again: ${sentence(step.reason)}`, 'wait');
    case 'reopened':
      return line(`It counts no more and runs again: ${sentence(step.reason)}`, 'bad');
    case 'failed':
      return line(`No result: ${sentence(step.reason)}`, 'bad');
  }
}

function exitWords(exit: NonNullable<TraceRun['exit']>): string {
  return exit.kind === 'exit-code' ? `exit code ${exit.code}` : exit.kind.replaceAll('-', ' ');
}

/** A reason as the end of a sentence: one full stop, no more. */
function sentence(reason: string): string {
  return /[.!?…]$/.test(reason) ? reason : `${reason}.`;
}
