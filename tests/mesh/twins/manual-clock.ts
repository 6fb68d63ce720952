import type { Clock } from '../../../src/base/time.ts';

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Quiet turns of the event loop after which nothing more is expected to happen without time. */
const QUIET_TURNS = 3;

/**
 * Time that stands still until a test moves it. Hashing runs on other threads, so this clock counts digests under way
 * and never moves past one: a test behaves the same on a loaded machine.
 */
export class ManualClock implements Clock, Disposable {
  #nowMs: number;
  #timers: Timer[] = [];
  #hashing = 0;
  readonly #restore: () => void;

  /** @param nowMs @default 2026-01-01 */
  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = nowMs;
    this.#restore = this.#countDigests();
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueMs: this.#nowMs + Math.ceil(Math.max(0, delayMs)), callback };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  /** Timers that are armed: zero after a clean shutdown. */
  get armed(): number {
    return this.#timers.length;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS;) {
      await turn();
      quiet = this.#hashing === 0 ? quiet + 1 : 0;
    }
  }

  /** Moves time forward, timer by timer, settling after each. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await this.settle();
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) await this.#fire(next);
    this.#nowMs = endMs;
  }

  /** Moves time until the condition holds, and returns the milliseconds that took; throws after `limitMs` or when no timer is left. */
  async runUntil(isReached: () => boolean, limitMs: number): Promise<number> {
    const startMs = this.#nowMs;
    await this.settle();
    while (!isReached()) {
      const next = this.#next(startMs + limitMs);
      if (next === undefined)
        throw new Error(`Not reached after ${this.#nowMs - startMs} ms; ${this.armed} timers armed.`);
      await this.#fire(next);
    }
    return this.#nowMs - startMs;
  }

  /** Gives the platform's digest back. */
  [Symbol.dispose](): void {
    this.#restore();
  }

  #next(limitMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= limitMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  }

  async #fire(timer: Timer): Promise<void> {
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    this.#timers = this.#timers.filter((other) => other !== timer);
    timer.callback();
    await this.settle();
  }

  #countDigests(): () => void {
    const { subtle } = crypto;
    const digest = subtle.digest.bind(subtle);
    const counted: SubtleCrypto['digest'] = async (...args) => {
      this.#hashing++;
      try {
        return await digest(...args);
      } finally {
        this.#hashing--;
      }
    };
    Object.defineProperty(subtle, 'digest', { value: counted, configurable: true });
    return () => void Reflect.deleteProperty(subtle, 'digest');
  }
}

/** One turn of the event loop; all microtasks run before it ends. */
function turn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
