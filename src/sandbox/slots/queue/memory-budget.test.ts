import { expect, test } from 'vitest';
import { effectiveLimits } from '../../../job/limits.ts';
import { defaultMemoryBudgetBytes, MemoryBudget, taskMemoryBytes } from './memory-budget.ts';
import type { WasiLoad } from '../../messages.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

test('gives out no more than there is, and calls whoever waits when some comes back', () => {
  const budget = new MemoryBudget(100);
  let calls = 0;
  const stop = budget.onFreed(() => calls++);
  expect([budget.take(60), budget.take(41), budget.take(40), budget.take(1)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  budget.free(60);
  expect([calls, budget.take(61), budget.take(60)]).toEqual([1, false, true]);
  stop();
  budget.free(40);
  expect(calls).toBe(1);
});

test('is half of what the browser says the device has, and never too little for one task', () => {
  expect(defaultMemoryBudgetBytes({ deviceMemory: 8 })).toBe(4 * GIB);
  expect(defaultMemoryBudgetBytes({ deviceMemory: 0.25 })).toBe(512 * MIB);
  expect(defaultMemoryBudgetBytes({})).toBe(2 * GIB);
});

test('a task takes its limit, its outputs and all its inputs', () => {
  const limits = effectiveLimits({ memoryBytes: 1_000, outputBytes: 200 });
  const load: WasiLoad = {
    kind: 'wasi',
    module: new Uint8Array(30),
    files: [{ path: 'a', bytes: new Uint8Array(4) }],
    stdin: new Uint8Array(5),
    outputs: [],
    needsSeed: false,
    limits,
  };
  const task = { parameters: {}, seed: new Uint8Array(0), args: [], env: [], contents: {} };
  expect(taskMemoryBytes(load, task)).toBe(1_239);
  expect(taskMemoryBytes(load, { ...task, contents: { more: new Uint8Array(1_000) } })).toBe(2_239);
});
