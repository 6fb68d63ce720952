import { type Clock, sleep } from '../../base/time.ts';
import { TokenBucket } from '../token-bucket.ts';

/** Share of the receiver's rate and burst that a sender uses: a stall on the way bunches frames up. */
const RATE_SHARE = 0.9;
const BURST_SHARE = 0.5;

/** Keeps an honest sender below the limits at which its peer would cut it off; turns are taken in order. */
export class SendPace {
  readonly #bucket: TokenBucket;
  readonly #clock: Clock;
  readonly #waitMs: number;
  #last: Promise<void> | undefined;

  constructor(limits: { readonly framesPerSecond: number; readonly frameBurst: number }, clock: Clock) {
    this.#clock = clock;
    this.#waitMs = 1_000 / (limits.framesPerSecond * RATE_SHARE);
    const burst = Math.max(1, limits.frameBurst * BURST_SHARE);
    this.#bucket = new TokenBucket(clock, limits.framesPerSecond * RATE_SHARE, burst);
  }

  /** Runs the write when its turn has come; at once while the pace allows it. */
  turn(write: () => Promise<void>): Promise<void> {
    if (this.#last === undefined && this.#bucket.take()) return write();
    const turn = (this.#last ?? Promise.resolve()).then(
      () => this.#wait(write),
      () => this.#wait(write),
    );
    this.#last = turn;
    const forget = () => {
      if (this.#last === turn) this.#last = undefined;
    };
    turn.then(forget, forget);
    return turn;
  }

  /** Resolves when every turn given out so far is over. */
  async idle(): Promise<void> {
    await this.#last?.catch(() => {});
  }

  async #wait(write: () => Promise<void>): Promise<void> {
    while (!this.#bucket.take()) await sleep(this.#clock, this.#waitMs);
    await write();
  }
}
