import { aborted } from './errors.ts';

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
