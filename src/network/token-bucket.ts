import type { Clock } from '../base/time.ts';

/** Counts what a stranger may do: `perSecond` sustained, `burst` at once. Starts full. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = clock.now();
  }

  /** Takes tokens; false, and nothing taken, when there are too few. */
  take(count = 1): boolean {
    this.#refill();
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Nothing was taken for so long that a new bucket would be the same. */
  isFull(): boolean {
    this.#refill();
    return this.#tokens >= this.#burst;
  }

  #refill(): void {
    const nowMs = this.#clock.now();
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#atMs = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs / 1000) * this.#perSecond);
  }
}

/** One bucket per key. Full buckets are forgotten, so that a crowd of passers-by leaves nothing behind. */
export class TokenBuckets {
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #create: () => TokenBucket;
  #sweepAt = SWEEP_START;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#create = () => new TokenBucket(clock, perSecond, burst);
  }

  /** Takes tokens of this key's bucket; false when there are too few. */
  take(key: string, count = 1): boolean {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#sweepAt) this.#sweep();
      bucket = this.#create();
      this.#buckets.set(key, bucket);
    }
    return bucket.take(count);
  }

  get size(): number {
    return this.#buckets.size;
  }

  #sweep(): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull()) this.#buckets.delete(key);
    this.#sweepAt = Math.max(SWEEP_START, this.#buckets.size * 2);
  }
}

/** Sweeping below this many buckets is not worth the walk. */
const SWEEP_START = 256;
