import { aborted, KilnError } from './errors.ts';

/** Where time comes from, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after a delay; the result cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The platform's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after a delay; rejects with `base/aborted` when the signal fires first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted(signal.reason));
    const onAbort = () => {
      cancel();
      reject(aborted(signal?.reason));
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Gives work so long and no longer: its signal fires when the time is over or the caller stops, and then the result no
 * longer counts even if the work goes on. Throws `base/timeout` or `base/aborted`.
 *
 * @example
 * const bytes = await within(clock, 15_000, signal, (stop) => blobs.get(cid, { signal: stop }));
 */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const inner = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const over = sleep(clock, limitMs, inner).then(() => {
    throw new KilnError('base/timeout', 'This took too long.', { data: { limitMs } });
  });
  try {
    return await Promise.race([work(inner), over]);
  } finally {
    stop.abort();
    over.catch(() => {});
  }
}

/**
 * Calls back again and again, each time the given delay after the last call ended; the result stops it. A call that
 * fails is shown and does not stop the next.
 */
export function every(clock: Clock, delayMs: () => number, callback: () => void | Promise<void>): () => void {
  let isStopped = false;
  let cancel = () => {};
  const arm = () => {
    cancel = clock.after(delayMs(), () => {
      void (async () => {
        try {
          await callback();
        } catch (error) {
          console.error('A repeated call failed.', error);
        }
        if (!isStopped) arm();
      })();
    });
  };
  arm();
  return () => {
    isStopped = true;
    cancel();
  };
}
