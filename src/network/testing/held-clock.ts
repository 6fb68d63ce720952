import type { Clock } from '../../base/time.ts';

/** A clock for tests that stands still until it is told to go on. */
export function heldClock(startMs = 1_800_000_000_000): Clock & { advance(ms: number): void } {
  let nowMs = startMs;
  const timers = new Map<symbol, { atMs: number; callback: () => void }>();
  return {
    now: () => nowMs,
    after(delayMs, callback) {
      const key = Symbol('timer');
      timers.set(key, { atMs: nowMs + delayMs, callback });
      return () => void timers.delete(key);
    },
    advance(ms) {
      nowMs += ms;
      const due = [...timers].filter(([, { atMs }]) => atMs <= nowMs).sort(([, a], [, b]) => a.atMs - b.atMs);
      for (const [key, { callback }] of due) if (timers.delete(key)) callback();
    },
  };
}
