import { expect, test } from 'vitest';
import { systemClock } from '../../base/time.ts';
import type { JobKind } from '../../protocol/primitives.ts';
import type { SandboxSlice } from '../slices.ts';
import { SpeedScores } from './speed-scores.ts';

const { signal } = new AbortController();

/** A device that can do these kinds; the others end with an error of their own. */
function scoresOf(speeds: Partial<Record<JobKind, number>>) {
  const sandbox = {
    benchmark: async (kind: JobKind) => {
      const speed = speeds[kind];
      if (speed === undefined) throw new Error(`no ${kind} here`);
      return speed;
    },
  } as unknown as SandboxSlice;
  let changes = 0;
  const scores = new SpeedScores(sandbox, systemClock, () => changes++);
  return { scores, changes: () => changes };
}

test('each kind is measured, and told', async () => {
  const { scores, changes } = scoresOf({ wasi: 1_200_000.4, onnx: 900_000 });
  await scores.measure(['wasi', 'onnx'], signal);
  expect(scores.all).toEqual({ wasi: 1_200_000, onnx: 900_000 });
  expect([changes(), scores.measuring]).toEqual([3, undefined]);
});

test('a kind that cannot be run here is not lent; the others are', async () => {
  const { scores } = scoresOf({ wasi: 1_000_000 });
  await scores.measure(['onnx', 'wasi'], signal);
  expect(scores.known(['wasi', 'wgsl', 'onnx'])).toEqual(['wasi']);
});

test('when none can be run, the first reason is told', async () => {
  const { scores } = scoresOf({});
  await expect(scores.measure(['wgsl', 'onnx'], signal)).rejects.toThrow('no wgsl here');
});

test('a stop is no failure of the device', async () => {
  const { scores } = scoresOf({ wasi: 1_000_000 });
  await scores.measure(['wasi'], signal);
  const stopped = AbortSignal.abort();
  await expect(scores.measure(['onnx', 'wasi'], stopped)).rejects.toThrow('no onnx here');
});

test('what was measured before is not measured again', async () => {
  const { scores } = scoresOf({ wasi: 1_000_000, onnx: 900_000 });
  await scores.measure(['wasi'], signal);
  const atMs = scores.measuredAtMs('wasi');
  await scores.measureNew(['wasi', 'wgsl', 'onnx'], signal);
  expect(scores.known(['wasi', 'wgsl', 'onnx'])).toEqual(['wasi', 'onnx']);
  expect(scores.measuredAtMs('wasi')).toBe(atMs);
  expect(scores.failure('wgsl')).toBe('no wgsl here');
});
