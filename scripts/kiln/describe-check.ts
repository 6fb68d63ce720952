import type { RecordCheck } from '../../src/kiln/record/verify-record.ts';
import { formatGlm } from '../../src/payment/costs/price.ts';
import { standingOf } from '../../src/protocol/task-trace.ts';
import { taskCount } from '../../src/job/split.ts';

/** Lines of one list that a terminal gets; the JSON has all. */
const MAX_LINES = 40;

/** What was found about a record, in plain words; tasks are counted from 1, as people do. */
export function describeCheck({ record, manifest, findings, refuted, checked }: RecordCheck): string {
  const verified = record.traces.filter((trace) => standingOf(trace) === 'verified').length;
  const providers = new Set(record.traces.flatMap(({ runs }) => runs.map(({ peer }) => peer)));
  const lines = [
    `"${manifest.name}", job ${record.job}`,
    `Signed by ${record.requestor}`,
    `on ${new Date(record.writtenAt).toISOString()} with ${record.software}.`,
    '',
    `${capital(record.status)}: ${verified} of ${count(taskCount(manifest.split), 'task')} verified, ` +
      `${count(checked.results, 'result')} of ${count(providers.size, 'provider')}, ` +
      `${formatGlm(record.issued)} promised.`,
    `Checked ${count(checked.agreements, 'agreement')}, ${count(checked.commits, 'signed commitment')} and the ` +
      `results that open them, ${count(checked.vouchers, 'voucher')}` +
      (checked.outputFiles > 0
        ? `, ${count(checked.outputFiles, 'output file')}.`
        : '; no output files were given.'),
  ];
  if (refuted.length > 0) {
    const words = refuted.map(({ task, peer, reason, isProven, claimed, accepted }) => {
      const digests =
        claimed === undefined || accepted === undefined
          ? ''
          : ` It signed ${short(claimed)}, ${short(accepted)} stands.`;
      return `task ${task + 1}, ${peer}: ${reason}.${isProven ? digests : ' Its signature does not show what it claimed.'}`;
    });
    lines.push('', 'Results that were not accepted:', ...listed(words));
  }
  const elsewhere = record.caught.filter(({ task }) => task === undefined);
  if (elsewhere.length > 0)
    lines.push(
      '',
      'Excluded for what they did elsewhere:',
      ...listed(elsewhere.map(({ peer, reason }) => `${peer}: ${reason}`)),
    );
  const { setAside = [] } = record;
  if (setAside.length > 0)
    lines.push(
      '',
      'Put aside by the requestor, by its own word:',
      ...listed(setAside.map(({ peer, reason }) => `${peer}: ${reason}`)),
    );
  if (findings.length === 0) lines.push('', 'Everything holds.');
  else {
    const words = findings.map(
      ({ rule, message, task, peer }) =>
        `${task === undefined ? '' : `task ${task + 1}: `}${message}${peer === undefined ? '' : ` (${peer})`} [${rule}]`,
    );
    lines.push(
      '',
      findings.length === 1 ? 'One thing does not hold:' : `${findings.length} things do not hold:`,
    );
    lines.push(...listed(words));
  }
  return lines.map(printable).join('\n');
}

function listed(words: readonly string[]): string[] {
  const shown = words.slice(0, MAX_LINES).map((line) => `  ${line}`);
  return words.length > MAX_LINES
    ? [...shown, `  … and ${words.length - MAX_LINES} more; --json prints them all.`]
    : shown;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

function short(digest: string): string {
  return `${digest.slice(0, 8)}…`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Texts of strangers go to a terminal: nothing of them may steer it. */
function printable(line: string): string {
  // eslint-disable-next-line no-control-regex -- taking them out is the point
  return line.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?');
}
