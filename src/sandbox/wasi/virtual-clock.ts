/** Where every task's clock begins unless its job says otherwise: 2026-01-01T00:00:00Z. */
const EPOCH_MS = 1_767_225_600_000;
/** How far the clock goes on with each reading and each change of a file: 1 µs. */
const STEP_NS = 1_000n;

/**
 * Time as a guest sees it: the same on every device. It goes on by a fixed step whenever it is looked at, and a sleep
 * moves it to the sleep's end.
 */
export class VirtualClock {
  readonly #epochNs: bigint;
  readonly #stepNs = STEP_NS;
  #nowNs: bigint;

  constructor(epochMs: number = EPOCH_MS) {
    this.#epochNs = BigInt(Math.round(epochMs)) * 1_000_000n;
    this.#nowNs = this.#epochNs;
  }

  get resolutionNs(): bigint {
    return this.#stepNs;
  }

  /** Nanoseconds since 1970, one step further than the last time. */
  tick(): bigint {
    return (this.#nowNs += this.#stepNs);
  }

  /** Nanoseconds since 1970 without going on. */
  get nowNs(): bigint {
    return this.#nowNs;
  }

  /** Nanoseconds since the program began: zero of the monotonic and the CPU clocks. */
  sinceStart(ns: bigint): bigint {
    return ns - this.#epochNs;
  }

  /** Moves on to this moment; never back. */
  advanceTo(ns: bigint): void {
    if (ns > this.#nowNs) this.#nowNs = ns;
  }

  /** The moment on this clock that a reading of the monotonic clock stands for. */
  fromStart(ns: bigint): bigint {
    return ns + this.#epochNs;
  }
}
