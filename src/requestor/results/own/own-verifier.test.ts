import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { WASI_JOB } from '../../../job/manifest.fixture.ts';
import type { TaskOutcome } from '../../../protocol/task.ts';
import type { RequestorNetwork, RequestorSandbox } from '../../slices.ts';
import { OwnVerifier } from './own-verifier.ts';

const { signal } = new AbortController();
const OUTPUTS = [{ path: 'answer', bytes: utf8('42') }];

/** A verifier whose runs all end like this; opening it fails so many times first. */
function verifierOf(outcome: Omit<TaskOutcome, 'outputs' | 'wallMs'>, failures = 0) {
  const seen = { seeds: [] as Uint8Array[], limits: [] as unknown[], opened: 0, closed: 0 };
  const sandbox = {
    openVerifier: async () => {
      if (seen.opened++ < failures) throw new Error('The disk is gone.');
      return {
        run: async (_task, _outputs, { seed, wallMs }) => {
          seen.seeds.push(seed);
          seen.limits.push(wallMs);
          return { ...outcome, outputs: [], wallMs: 3 };
        },
        close: async () => void seen.closed++,
      };
    },
  } satisfies Partial<RequestorSandbox>;
  const blobs = {} as RequestorNetwork['blobs'];
  return { seen, verifier: new OwnVerifier(WASI_JOB, sandbox as unknown as RequestorSandbox, blobs) };
}

async function judge(outcome: Omit<TaskOutcome, 'outputs' | 'wallMs'>) {
  const { seed, ...said } = await verifierOf(outcome).verifier.verify(0, OUTPUTS, signal);
  expect(seed).toMatch(/^[0-9a-f]{64}$/);
  return said;
}

describe('an end of a verifier', () => {
  test.each([
    ['ok', { exit: { kind: 'ok' } }, { outcome: 'right' }],
    [
      'ok, with words',
      { exit: { kind: 'ok' }, stderr: utf8('off by 2\n') },
      { outcome: 'right', reason: 'off by 2' },
    ],
    [
      'code 1',
      { exit: { kind: 'exit-code', code: 1 }, stderr: utf8('  row 3 is off\nsecond line') },
      { outcome: 'wrong', reason: 'row 3 is off' },
    ],
    [
      'code 1 without words',
      { exit: { kind: 'exit-code', code: 1 } },
      { outcome: 'wrong', reason: 'the verifier says that it is wrong' },
    ],
    [
      'another code',
      { exit: { kind: 'exit-code', code: 2 }, stderr: utf8('no inputs') },
      { outcome: 'inconclusive', reason: 'the verifier ended with exit code 2 (no inputs)' },
    ],
    [
      'a fault',
      { exit: { kind: 'timeout', message: 'slow' } },
      { outcome: 'inconclusive', reason: 'the verifier ended with timeout: slow' },
    ],
  ] as const)('%s', async (_, outcome, said) => {
    expect(await judge(outcome)).toEqual({ ...said, wallMs: 3 });
  });

  test('its words are plain text of bounded length, whatever it wrote', async () => {
    const stderr = new Uint8Array([...utf8('\u001b[31m\u0007\u202eright'), 0xff, ...utf8('x'.repeat(5_000))]);
    const { reason } = await judge({ exit: { kind: 'exit-code', code: 1 }, stderr });
    expect(reason).toMatch(/^\[31mright\ufffdx+$/);
    expect(reason).toHaveLength(200);
    const long = await judge({ exit: { kind: 'trap', message: 'm'.repeat(300) }, stderr });
    expect(long.reason).toHaveLength(200);
  });
});

test('chance is drawn anew for each result', async () => {
  const { verifier, seen } = verifierOf({ exit: { kind: 'ok' } });
  await verifier.verify(0, OUTPUTS, signal);
  await verifier.verify(0, OUTPUTS, signal);
  expect(seen.opened).toBe(1);
  expect(seen.seeds.map(({ byteLength }) => byteLength)).toEqual([32, 32]);
  expect(seen.seeds[0]).not.toEqual(seen.seeds[1]);
});

test.each([
  ['right', { kind: 'ok' }, [20_000, 20_000, 20_000, 3_000]],
  ['wrong', { kind: 'exit-code', code: 1 }, [20_000, 20_000, 20_000, 20_000]],
] as const)('its time follows checks of right results; those were %s', async (_, exit, limits) => {
  const { verifier, seen } = verifierOf({ exit });
  for (let i = 0; i < limits.length; i++) await verifier.verify(0, OUTPUTS, signal);
  expect(seen.limits).toEqual(limits);
});

/** A verifier that takes so long for one result after another. */
function slowVerifier(neededMs: readonly number[]) {
  const limits: number[] = [];
  const run = async (
    task: number,
    _outputs: unknown,
    { wallMs }: { wallMs: number },
  ): Promise<TaskOutcome> => {
    limits.push(wallMs);
    const needed = neededMs[task]!;
    const exit = needed > wallMs ? { kind: 'timeout' as const, message: 'slow' } : { kind: 'ok' as const };
    return { exit, outputs: [], wallMs: Math.min(needed, wallMs) };
  };
  const sandbox = { openVerifier: async () => ({ run, close: async () => {} }) };
  const verifier = new OwnVerifier(
    WASI_JOB,
    sandbox as unknown as RequestorSandbox,
    {} as RequestorNetwork['blobs'],
  );
  const judgeAll = async () => {
    const said = [];
    for (const task of neededMs.keys()) said.push((await verifier.verify(task, OUTPUTS, signal)).outcome);
    return said;
  };
  return { limits, judgeAll };
}

test('a right result that takes longer than those before is given all the time there is, and the limit follows', async () => {
  const { limits, judgeAll } = slowVerifier([3, 3, 3, 5_000, 9_000]);
  expect(await judgeAll()).toEqual(['right', 'right', 'right', 'right', 'right']);
  expect(limits).toEqual([20_000, 20_000, 20_000, 3_000, 20_000, 20_000]);
});

test('a second look that was in vain is the last one for a while', async () => {
  const { limits, judgeAll } = slowVerifier([3, 3, 3, 99_000, 99_000, 3, 99_000, 99_000, 99_000]);
  expect((await judgeAll()).filter((outcome) => outcome === 'right')).toHaveLength(4);
  // One look at each, and a second one at the fourth and the ninth.
  expect(limits.slice(3)).toEqual([3_000, 20_000, 3_000, 3_000, 3_000, 3_000, 3_000, 20_000]);
});

test('a verifier that could not be opened is opened again', async () => {
  const { verifier, seen } = verifierOf({ exit: { kind: 'ok' } }, 1);
  await expect(verifier.verify(0, OUTPUTS, signal)).rejects.toThrow('The disk is gone.');
  expect(await verifier.verify(0, OUTPUTS, signal)).toMatchObject({ outcome: 'right' });
  await verifier[Symbol.asyncDispose]();
  expect([seen.opened, seen.closed]).toEqual([2, 1]);
});
