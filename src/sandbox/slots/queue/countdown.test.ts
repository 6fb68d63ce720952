import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Countdown } from './countdown.ts';
import { FRAME_CHECK_INTERVAL_MS } from '../../limits.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function begin(limitMs: number) {
  const onCheck = vi.fn();
  const onEnd = vi.fn();
  return { countdown: new Countdown(limitMs, onCheck, onEnd), onCheck, onEnd };
}

test('ends once its time is over, and asks for signs of life until then', () => {
  const { onCheck, onEnd } = begin(2.5 * FRAME_CHECK_INTERVAL_MS);
  vi.advanceTimersByTime(2.5 * FRAME_CHECK_INTERVAL_MS - 1);
  expect([onCheck.mock.calls.length, onEnd.mock.calls.length]).toEqual([2, 0]);
  vi.advanceTimersByTime(1);
  vi.advanceTimersByTime(10 * FRAME_CHECK_INTERVAL_MS);
  expect([onCheck.mock.calls.length, onEnd.mock.calls.length]).toEqual([2, 1]);
});

test('does not count the time of a pause, during which the checks go on', () => {
  const { countdown, onCheck, onEnd } = begin(1_000);
  vi.advanceTimersByTime(400);
  countdown.pause(true);
  vi.advanceTimersByTime(3 * FRAME_CHECK_INTERVAL_MS);
  expect([onCheck.mock.calls.length, onEnd.mock.calls.length]).toEqual([3, 0]);
  countdown.pause(false);
  vi.advanceTimersByTime(599);
  expect(onEnd).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onEnd).toHaveBeenCalledOnce();
});

test('is silent once it was stopped', () => {
  const { countdown, onCheck, onEnd } = begin(1_000);
  countdown.stop();
  vi.advanceTimersByTime(10 * FRAME_CHECK_INTERVAL_MS);
  expect([onCheck, onEnd].every(({ mock }) => mock.calls.length === 0)).toBe(true);
});
