import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { closed } from '../closed.ts';
import type { Load, TaskInput } from '../../messages.ts';
import type { Slot } from '../slot.ts';
import { TaskQueue } from './task-queue.ts';

const [one, two] = [{}, {}] as Load[];
const never = new AbortController().signal;
const task = {} as TaskInput;
const runOf = (load: Load, signal = never) => ({ load, task, signal });
const anything = () => true;

let queue: TaskQueue;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  queue = new TaskQueue();
});
afterEach(() => vi.useRealTimers());

describe('waiting tasks', () => {
  test('come in order', async () => {
    const waits = [queue.wait(runOf(one!), 1), queue.wait(runOf(two!), 2)];
    const slot = {} as Slot;
    for (const bytes of [1, 2]) {
      const waiter = queue.next(() => false, anything);
      expect(waiter?.memoryBytes).toBe(bytes);
      waiter?.give(slot);
    }
    expect(await Promise.all(waits)).toEqual([slot, slot]);
    expect(queue.next(anything, anything)).toBeUndefined();
  });

  test('whose program a slot has, or that need less memory, go ahead for a second and no longer', () => {
    void queue.wait(runOf(one!), 1_000);
    for (let n = 0; n < 4; n++) void queue.wait(runOf(two!), 10);
    expect(queue.next((load) => load === two, anything)?.load).toBe(two);
    expect(
      queue.next(
        () => false,
        ({ memoryBytes }) => memoryBytes < 100,
      )?.load,
    ).toBe(two);
    vi.advanceTimersByTime(1_001);
    expect(
      queue.next(
        () => false,
        ({ memoryBytes }) => memoryBytes < 100,
      ),
    ).toBeUndefined();
    expect(queue.next((load) => load === two, anything)?.load).toBe(one);
  });

  test('that are stopped leave the queue', async () => {
    const stop = new AbortController();
    const waiting = queue.wait(runOf(one!, stop.signal), 1);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'base/aborted' });
    await expect(queue.wait(runOf(one!, stop.signal), 1)).rejects.toMatchObject({ code: 'base/aborted' });
    expect(queue.next(anything, anything)).toBeUndefined();
  });

  test('are all refused at once', async () => {
    const waits = [queue.wait(runOf(one!), 1), queue.wait(runOf(two!), 1)];
    queue.refuseAll(closed());
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: 'sandbox/closed' });
  });
});
