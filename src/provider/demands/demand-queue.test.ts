import { expect, test } from 'vitest';
import type { Demand } from '../../protocol/announce.ts';
import { DemandQueue } from './demand-queue.ts';

const demand = { kind: 'wasi' } as Demand;
const waiting = (key: string, dueAtMs: number, rank = 0.5) => ({
  key,
  demand,
  rank,
  isPreferred: false,
  dueAtMs,
});

test('a demand waits for its time, of a fraction of a millisecond too', () => {
  const queue = new DemandQueue();
  queue.put(waiting('a', 1_000.4));
  expect(queue.takeBest('wasi', 1_000)).toBeUndefined();
  expect(queue.takeBest('wasi', 1_001)?.key).toBe('a');
});

test('one whose timer fired early is due, the others are not', () => {
  const queue = new DemandQueue();
  queue.put(waiting('a', 1_000.4));
  queue.put(waiting('b', 1_000.4, 0.9));
  queue.makeDue('a', 1_000);
  queue.makeDue('gone', 1_000);
  expect(queue.takeBest('wasi', 1_000)?.key).toBe('a');
  expect(queue.takeBest('wasi', 1_000)).toBeUndefined();
});
