import { FRAME_CHECK_INTERVAL_MS } from '../../limits.ts';

/** The wall-clock limit of one task: stands still while the task is paused, and asks for a sign of life in between. */
export class Countdown {
  readonly #limitMs: number;
  readonly #onCheck: () => void;
  readonly #onEnd: () => void;
  #runningSinceMs: number | undefined = performance.now();
  #spentMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limitMs: number, onCheck: () => void, onEnd: () => void) {
    this.#limitMs = limitMs;
    this.#onCheck = onCheck;
    this.#onEnd = onEnd;
    this.#arm();
  }

  /** Stops or restarts the clock; the checks go on. */
  pause(isPaused: boolean): void {
    this.#spentMs = this.#nowSpentMs;
    this.#runningSinceMs = isPaused ? undefined : performance.now();
    clearTimeout(this.#timer);
    this.#arm();
  }

  /** Ends it without a word. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const leftMs =
      this.#runningSinceMs === undefined ? Number.POSITIVE_INFINITY : this.#limitMs - this.#nowSpentMs;
    const isLast = leftMs <= FRAME_CHECK_INTERVAL_MS;
    this.#timer = setTimeout(
      () => {
        if (isLast) return this.#onEnd();
        this.#onCheck();
        this.#arm();
      },
      Math.min(leftMs, FRAME_CHECK_INTERVAL_MS),
    );
  }

  /** Time that counted so far, in milliseconds. */
  get #nowSpentMs(): number {
    return (
      this.#spentMs + (this.#runningSinceMs === undefined ? 0 : performance.now() - this.#runningSinceMs)
    );
  }
}
