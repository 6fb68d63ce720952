import { expect, test } from 'vitest';
import type { TaskTrace } from '../../../protocol/task-trace.ts';
import { sampleTrace } from '../../test/sample-trace.ts';
import { traceLines } from './trace-lines.ts';

test('a story is told in order, with names, digests and reasons', () => {
  const lines = traceLines(sampleTrace(3, 1_000));
  expect(lines.map(({ atMs }) => atMs)).toEqual(lines.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
  expect(lines.map(({ text, tone }) => `${tone}: ${text}`)).toEqual([
    'plain: Given to …yNNHBox2.',
    'plain: Given to …ntZ9WjHa.',
    'plain: …yNNHBox2 signed its result before it showed it.',
    'plain: …ntZ9WjHa signed its result before it showed it.',
    'plain: Given to …riHhKust.',
    'plain: …riHhKust signed its result before it showed it.',
    'plain: …yNNHBox2 showed its result; it is what it had signed.',
    'plain: …ntZ9WjHa showed its result; it is what it had signed.',
    'plain: …riHhKust showed its result; it is what it had signed.',
    'good: The result of …yNNHBox2 stands.',
    'wait: Accepted from …yNNHBox2 for now; its pay is held back.',
    'bad: Rejected from …ntZ9WjHa, unpaid: differs from two agreeing results.',
    'wait: Accepted from …riHhKust for now; its pay is held back.',
  ]);
  expect(lines.find(({ text }) => text.includes('stands'))?.digests).toEqual([
    { name: 'result', hex: '3f'.repeat(32) },
  ]);
});

test('what came to nothing, own runs, verifiers and second thoughts have their words', () => {
  const base = sampleTrace(0, 0).runs[0]!;
  const { committedAt: _, commit: __, revealedAt: ___, digest: ____, ...idle } = base;
  const trace: TaskTrace = {
    task: 0,
    runs: [
      { ...idle, cause: 'duplicate', verdicts: [], ended: { at: 1, how: 'lost', reason: 'late' } },
      { ...idle, lease: 'e', verdicts: [], ended: { at: 2, how: 'inconclusive', reason: 'out-of-memory' } },
      { ...idle, lease: 'f', verdicts: [], ended: { at: 3, how: 'broken', reason: 'It was another one.' } },
    ],
    checks: [
      { kind: 'own-run', at: 4 },
      { kind: 'own-failed', at: 5, reason: 'no GPU' },
      { kind: 'own-result', at: 6, digest: new Uint8Array(32) },
      { kind: 'compared', at: 7, a: 'own', b: 'a', agrees: true },
      { kind: 'compared', at: 8, a: 'a', b: 'zz', agrees: false },
      { kind: 'judged', at: 9, lease: 'a', outcome: 'inconclusive' },
    ],
    steps: [
      { kind: 'rechecked', at: 10, reason: 'drawn by lot' },
      { kind: 'reopened', at: 11, reason: 'its provider was caught' },
      { kind: 'failed', at: 12, reason: 'nobody could run it' },
      { kind: 'released', at: 13, reason: 'two agree' },
    ],
    omitted: 0,
  };
  expect(
    traceLines(trace)
      .slice(3)
      .map(({ text }) => text),
  ).toEqual([
    '…yNNHBox2 did not deliver: late.',
    '…yNNHBox2 could not run it: out-of-memory.',
    '…yNNHBox2 broke its word: It was another one.',
    'This device computes it too, to know for sure.',
    'This device could not compute it: no GPU.',
    'This device has its own result.',
    'Compared: this device and …yNNHBox2 agree.',
    'Compared: …yNNHBox2 and a provider differ: other bytes.',
    'The job’s verifier looked at the result of …yNNHBox2 and could not tell whether it is right.',
    'It is checked again: drawn by lot.',
    'It counts no more and runs again: its provider was caught.',
    'No result: nobody could run it.',
    'It counts for good: two agree.',
  ]);
});
