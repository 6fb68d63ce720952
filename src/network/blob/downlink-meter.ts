import type { Clock } from '../../base/time.ts';

/** Smaller transfers say more about the round trip than about the bandwidth. */
const LEAST_BYTES = 256 * 1024;
/** Transfers remembered: a slow holder should not hide what this line can do, an old place should not stay. */
const REMEMBERED = 8;

/** Learns this line's downstream bandwidth from the blobs that are fetched anyway. */
export class DownlinkMeter {
  readonly #clock: Clock;
  readonly #ratesBitsPerSecond: number[] = [];
  #running = 0;
  #startedAtMs = 0;
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The best rate of the last transfers, in bits per second; undefined before the first. */
  get bitsPerSecond(): number | undefined {
    return this.#ratesBitsPerSecond.length === 0 ? undefined : Math.max(...this.#ratesBitsPerSecond);
  }

  /** Counts what arrived while `transfer` runs; transfers side by side count as one. */
  async measure<T>(transfer: () => Promise<T>): Promise<T> {
    if (this.#running++ === 0) {
      this.#startedAtMs = this.#clock.now();
      this.#bytes = 0;
    }
    try {
      return await transfer();
    } finally {
      if (--this.#running === 0) this.#note(this.#clock.now() - this.#startedAtMs);
    }
  }

  /** So many bytes arrived. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  #note(tookMs: number): void {
    if (this.#bytes < LEAST_BYTES) return;
    this.#ratesBitsPerSecond.push(Math.round((this.#bytes * 8_000) / Math.max(1, tookMs)));
    if (this.#ratesBitsPerSecond.length > REMEMBERED) this.#ratesBitsPerSecond.shift();
  }
}
