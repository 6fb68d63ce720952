import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ManualClock } from '../../tests/mesh/twins/manual-clock.ts';
import { every, sleep, systemClock, within } from './time.ts';

let clock: ManualClock;
beforeEach(() => (clock = new ManualClock(1_000)));
afterEach(() => clock[Symbol.dispose]());

describe('sleeping', () => {
  test('ends after its delay and leaves nothing behind', async () => {
    const stop = new AbortController();
    let isAwake = false;
    const sleeping = sleep(clock, 100, stop.signal).then(() => (isAwake = true));
    await clock.advance(99);
    expect(isAwake).toBe(false);
    await clock.advance(1);
    await sleeping;
    expect([isAwake, clock.armed]).toEqual([true, 0]);
    stop.abort();
  });
  test('ends at once with its own error when it is stopped', async () => {
    const stop = new AbortController();
    const sleeping = sleep(clock, 100, stop.signal);
    stop.abort(new Error('why'));
    await expect(sleeping).rejects.toMatchObject({ code: 'base/aborted', cause: new Error('why') });
    expect(clock.armed).toBe(0);
  });
  test('does not begin when it was stopped before', async () => {
    await expect(sleep(clock, 100, AbortSignal.abort())).rejects.toMatchObject({ code: 'base/aborted' });
    expect(clock.armed).toBe(0);
  });
});

describe('within a time', () => {
  test('work that ends in it gives its result or error, and leaves nothing behind', async () => {
    expect(await within(clock, 100, undefined, async () => 7)).toBe(7);
    await expect(within(clock, 100, undefined, () => Promise.reject(new Error('why')))).rejects.toThrow(
      'why',
    );
    expect(clock.armed).toBe(0);
  });
  test('work that hangs is told to stop and left', async () => {
    let told: AbortSignal | undefined;
    const ending = within(clock, 100, undefined, (signal) => {
      told = signal;
      return new Promise(() => {});
    }).catch((error: unknown) => error);
    await clock.advance(99);
    expect(told!.aborted).toBe(false);
    await clock.advance(1);
    expect(await ending).toMatchObject({ code: 'base/timeout', data: { limitMs: 100 } });
    expect([told!.aborted, clock.armed]).toEqual([true, 0]);
  });
  test('is cut short by the caller', async () => {
    const stop = new AbortController();
    const ending = within(clock, 100, stop.signal, () => new Promise(() => {}));
    stop.abort();
    await expect(ending).rejects.toMatchObject({ code: 'base/aborted' });
    expect(clock.armed).toBe(0);
  });
});

describe('again and again', () => {
  test('each time the delay of that moment after the last call ended', async () => {
    const delays = [10, 20, 30];
    const calls: number[] = [];
    const stop = every(
      clock,
      () => delays.shift() ?? 1_000,
      async () => {
        calls.push(clock.now());
        await sleep(clock, 5);
      },
    );
    await clock.advance(200);
    expect(calls).toEqual([1_010, 1_035, 1_070]);
    stop();
    await clock.advance(10_000);
    expect([calls.length, clock.armed]).toEqual([3, 0]);
  });
  test('a call that stops it is the last', async () => {
    let calls = 0;
    const stop = every(
      clock,
      () => 10,
      () => {
        calls++;
        stop();
      },
    );
    await clock.advance(100);
    expect([calls, clock.armed]).toEqual([1, 0]);
  });
  test('goes on after a call that failed, and shows its error instead of ending the process', async () => {
    const shown = vi.spyOn(console, 'error').mockImplementation(() => {});
    try {
      let calls = 0;
      const stop = every(
        clock,
        () => 10,
        () => {
          if (++calls === 1) throw new Error('once');
          if (calls === 2) return Promise.reject(new Error('twice'));
        },
      );
      await clock.advance(35);
      stop();
      expect(calls).toBe(3);
      expect(shown.mock.calls.flat()).toEqual(
        expect.arrayContaining([new Error('once'), new Error('twice')]),
      );
    } finally {
      shown.mockRestore();
    }
  });
});

test('the platform’s clock calls back after its delay, and not when cancelled', async () => {
  const before = systemClock.now();
  const called: string[] = [];
  systemClock.after(1, () => called.push('cancelled'))();
  await new Promise<void>((resolve) => {
    systemClock.after(5, () => {
      called.push('done');
      resolve();
    });
  });
  expect(called).toEqual(['done']);
  expect(systemClock.now() - before).toBeGreaterThanOrEqual(4);
});
