import { afterAll, beforeAll, expect, test } from 'vitest';
import { Guards } from '../../guards/guards.ts';
import { pageUrls } from '../../slots/guest-pages.ts';
import { MemoryBudget } from '../../slots/queue/memory-budget.ts';
import type { JobSlots } from '../../sandbox-job.ts';
import { SlotPool } from '../../slots/slot-pool.ts';
import { measureNumericClass } from './measure-numeric-class.ts';
import { NumericClass } from './numeric-class.ts';
import { PROBE_SHADER } from './probe-shader.ts';

const never = new AbortController().signal;
let guards: Guards;
let pool: SlotPool;
let runs = 0;
let slots: JobSlots;

beforeAll(() => {
  guards = new Guards();
  pool = new SlotPool(pageUrls('/sandbox.html'), new MemoryBudget(2 ** 30), 1);
  slots = {
    guards,
    run: (run) => {
      runs++;
      return pool.run(run);
    },
    expect: () => undefined,
    forget: (load) => pool.forget(load),
  };
});
afterAll(() => {
  pool.close();
  guards[Symbol.dispose]();
});

test('the class of one GPU is the same in two slots', async () => {
  const first = await measureNumericClass(slots, never);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(await measureNumericClass(slots, never)).toBe(first);
});

test('one rounding that differs makes another class', async () => {
  const altered = PROBE_SHADER.replace('fma(a, b, s)', 'fma(a, b, s) * 1.0000001');
  expect(altered).not.toBe(PROBE_SHADER);
  expect(await measureNumericClass(slots, never, altered)).not.toBe(await measureNumericClass(slots, never));
});

test('is undefined where the probe cannot run', async () => {
  expect(
    await measureNumericClass(slots, never, PROBE_SHADER.replace('fn main', 'fn other')),
  ).toBeUndefined();
});

test('is measured once, for all who ask, and anew once forgotten', async () => {
  using numericClass = new NumericClass(slots);
  const before = runs;
  const stop = new AbortController();
  const stopped = numericClass.get(stop.signal);
  stop.abort();
  await expect(stopped).rejects.toMatchObject({ code: 'base/aborted' });
  const [one, two] = await Promise.all([numericClass.get(never), numericClass.get(never)]);
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(two).toBe(one);
  expect(runs).toBe(before + 1);
  numericClass.forget();
  expect(await numericClass.get(never)).toBe(one);
  expect(runs).toBe(before + 2);
});
