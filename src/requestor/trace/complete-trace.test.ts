import { expect, test } from 'vitest';
import { fromHex } from '../../base/bytes.ts';
import { PROVIDER } from '../../protocol/messages.fixture.ts';
import { standingOf } from '../../protocol/task-trace.ts';
import type { ResultRecord } from '../records.ts';
import { newTrace } from './add-happening.ts';
import { completeTrace } from './complete-trace.ts';

const DIGEST = 'cd'.repeat(32);
const supporter = {
  peer: PROVIDER.peer,
  agreement: 'ab'.repeat(32),
  lease: 'a',
  payee: `0x${'1'.repeat(40)}` as const,
};
const stored: ResultRecord = {
  task: 4,
  exit: { kind: 'ok' },
  supporters: [supporter],
  digest: DIGEST,
  statement: { fuelUsed: 3 },
  outputs: [{ path: 'stdout', cid: 'bafk', bytes: 1, inline: new Uint8Array(1) }],
};

test('a result whose trace was lost altogether stands, without the words of its provider', () => {
  const trace = completeTrace(undefined, stored, 9)!;
  expect(trace).toMatchObject({
    task: 4,
    runs: [{ lease: 'a', peer: PROVIDER.peer, verdicts: [{ at: 9, outcome: 'accepted' }] }],
    steps: [{ kind: 'settled', canonical: 'a', digest: fromHex(DIGEST) }, { kind: 'released' }],
    result: { exit: { kind: 'ok' }, fuelUsed: 3, outputs: [{ path: 'stdout', cid: 'bafk', bytes: 1 }] },
  });
  expect(trace.runs[0]).not.toHaveProperty('commit');
  expect(trace.result!.outputs[0]).not.toHaveProperty('inline');
});

test('a result that stands for now stays so, its provider’s pay held back', () => {
  const held = { ...stored, isProvisional: true, supporters: [{ ...supporter, isHeld: true }] };
  const trace = completeTrace(newTrace(4), held, 9)!;
  expect(standingOf(trace)).toBe('provisional');
  expect(trace.runs[0]!.verdicts).toEqual([{ at: 9, outcome: 'provisional' }]);
});

test('what is complete is not touched, and what this device computed needs no provider', () => {
  const once = completeTrace(undefined, stored, 9);
  const again = completeTrace(structuredClone(once), stored, 10);
  expect(again).toEqual(once);
  const own = completeTrace(undefined, { ...stored, supporters: [] }, 9)!;
  expect(own.steps[0]).toMatchObject({ canonical: 'own' });
  const { digest: _, ...old } = stored;
  expect(completeTrace(undefined, old, 9)).toBeUndefined();
});

test('a result that replaced another one after it was written down stands in its place', () => {
  const before = completeTrace(undefined, { ...stored, digest: '11'.repeat(32) }, 5)!;
  const trace = completeTrace(before, stored, 9)!;
  expect(trace.steps.map(({ kind }) => kind)).toEqual(['settled', 'released', 'settled', 'released']);
  expect(standingOf(trace)).toBe('verified');
});
