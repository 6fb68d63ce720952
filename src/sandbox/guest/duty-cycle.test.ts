import { expect, test } from 'vitest';
import { DutyCycle, owedRestMs } from './duty-cycle.ts';

/** A duty cycle on a clock of its own, whose batches take this long. */
function atWork(share: number) {
  let now = 1_000;
  const rests: number[] = [];
  const duty = new DutyCycle(
    () => now,
    (ms) => {
      rests.push(ms);
      now += ms;
      return Promise.resolve();
    },
  );
  duty.setShare(share);
  return {
    duty,
    rests,
    async batch(busyMs: number) {
      await duty.rest();
      now += busyMs;
      duty.worked(now - busyMs);
    },
    idle: (ms: number) => (now += ms),
    now: () => now,
  };
}

test('the rest owed makes work and rest the wanted share of the whole', () => {
  expect(owedRestMs(0, 0, 50, 0.5)).toBe(50);
  expect(owedRestMs(0, 0, 90, 0.9)).toBeCloseTo(10);
  expect(owedRestMs(0, 0, 50, 1)).toBe(0);
  expect(owedRestMs(30, 10, 0, 0.5)).toBe(20);
  expect(owedRestMs(30, 100, 0, 0.5)).toBe(0);
  expect(owedRestMs(0, 0, 600_000, 0.1)).toBe(5_000);
});

test.each([0.25, 0.5, 0.9])('long work stays within a share of %d', async (share) => {
  const { batch, now } = atWork(share);
  for (let i = 0; i < 100; i++) await batch(50);
  expect(5_000 / (now() - 1_000)).toBeLessThanOrEqual(share + 0.01);
  expect(5_000 / (now() - 1_000)).toBeGreaterThan(share - 0.01);
});

test('small batches gather their debt until a timer can keep it', async () => {
  const { batch, rests } = atWork(0.5);
  for (let i = 0; i < 12; i++) await batch(3);
  expect(rests).toEqual([9, 9, 9]);
});

test('idle time counts as rest, and a full share never rests', async () => {
  const idling = atWork(0.5);
  for (let i = 0; i < 5; i++) {
    await idling.batch(50);
    idling.idle(60);
  }
  expect(idling.rests).toEqual([]);
  const full = atWork(1);
  for (let i = 0; i < 5; i++) await full.batch(50);
  expect(full.rests).toEqual([]);
});

test('debts of a small share are forgiven when the whole GPU is lent again', async () => {
  const { duty, batch, rests } = atWork(0.05);
  await batch(50);
  duty.setShare(1);
  await batch(50);
  expect(rests).toEqual([]);
});
