import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { SOME_CID, WASI_JOB, WGSL_JOB } from '../../../job/manifest.fixture.ts';
import type { Manifest } from '../../../protocol/manifest.ts';
import type { TaskOutcome } from '../../../protocol/task.ts';
import { OwnDevice } from './own-device.ts';
import type { RequestorNetwork } from '../../slices.ts';

const SIGNAL = new AbortController().signal;
const TRAP = { exit: { kind: 'trap', message: 'unreachable' }, outputs: [], wallMs: 20 } as const;

/** A device whose tasks all end like this; counts its runs, of which traced ones tell forty calls. */
function deviceOf(outcome: TaskOutcome, manifest = WASI_JOB) {
  const runs: boolean[] = [];
  const sandbox = {
    slots: () => 1,
    benchmark: async () => 2_000_000,
    openJob: async () => ({
      run: async (_: number, { onCalls }: { onCalls?: (lines: readonly string[]) => void }) => {
        runs.push(onCalls !== undefined);
        for (let i = 0; i < 40; i++) onCalls?.([`call ${i}`]);
        return outcome;
      },
      close: async () => {},
    }),
    openVerifier: async () => ({
      run: async (_: number, outputs: TaskOutcome['outputs']) => {
        const exit: TaskOutcome['exit'] =
          outputs.length === 1 ? { kind: 'ok' } : { kind: 'exit-code', code: 1 };
        return { exit, outputs: [], wallMs: 1 };
      },
      close: async () => {},
    }),
  };
  const blobs: RequestorNetwork['blobs'] = {
    get: () => Promise.reject(new Error('Nothing is read.')),
    put: () => Promise.reject(new Error('Nothing is stored.')),
  };
  return { runs, device: new OwnDevice(SOME_CID, manifest, sandbox, blobs) };
}

test('a try-out measures work and tells what the program said', async () => {
  const stderr = new Uint8Array([...utf8('slow input'), 0xff]);
  const { device, runs } = deviceOf({ exit: { kind: 'ok' }, outputs: [], wallMs: 500, stderr });
  expect(await device.tryOut(1, SIGNAL)).toEqual({
    task: 1,
    wallMs: 500,
    microUnitsPerTask: 1_000_000,
    exit: 'ok',
    outputs: [],
    complaint: 'slow input\ufffd',
    lastCalls: [],
  });
  expect(runs).toEqual([false]);
});

test('a program that failed is run once more for its last calls', async () => {
  const { device, runs } = deviceOf(TRAP);
  const { exit, lastCalls } = await device.tryOut(0, SIGNAL);
  expect(exit).toBe('trap: unreachable');
  expect(lastCalls).toHaveLength(16);
  expect(lastCalls.at(-1)).toBe('call 39');
  expect(runs).toEqual([false, true]);
});

test.each([
  ['took long', { ...TRAP, wallMs: 30_000 }, WASI_JOB],
  ['was ended by this device', { ...TRAP, exit: { kind: 'timeout', message: 'slow' } } as const, WASI_JOB],
  ['has no calls', TRAP, WGSL_JOB],
])('a task that %s is not run twice', async (_, outcome, manifest) => {
  const { device, runs } = deviceOf(outcome, manifest);
  expect((await device.tryOut(0, SIGNAL)).lastCalls).toEqual([]);
  expect(runs).toEqual([false]);
});

test('an exit code is told by its number', async () => {
  const { device } = deviceOf({ exit: { kind: 'exit-code', code: 3 }, outputs: [], wallMs: 1 });
  expect((await device.tryOut(0, SIGNAL)).exit).toBe('exit code 3');
});

describe('a try-out of a job with a verifier', () => {
  const job: Manifest = {
    ...WASI_JOB,
    comparator: { class: 'verifier', module: { cid: SOME_CID, bytes: 100 } },
  };
  const outputs = [{ path: 'stdout', bytes: utf8('1,1') }];

  test('tells what it says of the result', async () => {
    const { device } = deviceOf({ exit: { kind: 'ok' }, outputs, wallMs: 1 }, job);
    expect((await device.tryOut(0, SIGNAL)).judgement).toMatchObject({ outcome: 'right' });
    const { device: other } = deviceOf({ exit: { kind: 'ok' }, outputs: [], wallMs: 1 }, job);
    expect((await other.tryOut(0, SIGNAL)).judgement).toMatchObject({ outcome: 'wrong' });
  });

  test('asks it nothing about a run that failed', async () => {
    const { device } = deviceOf(TRAP, job);
    expect((await device.tryOut(0, SIGNAL)).judgement).toBeUndefined();
  });
});
