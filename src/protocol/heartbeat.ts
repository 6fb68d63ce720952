import type { Clock } from '../base/time.ts';
import { PING_INTERVAL_MS, SILENCE_LIMIT_MS } from './constants.ts';

/**
 * Both ends of a work stream send a ping every few seconds and give the stream up after a long silence: libp2p's
 * own connection monitor aborts busy tabs and is switched off.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #actions: { readonly ping: (nonce: number) => void; readonly onSilence: () => void };
  #heardAtMs: number;
  #nonce = 0;
  #cancel: () => void = () => {};
  #isStopped = false;

  constructor(clock: Clock, actions: { ping: (nonce: number) => void; onSilence: () => void }) {
    this.#clock = clock;
    this.#actions = actions;
    this.#heardAtMs = clock.now();
    this.#arm();
  }

  /** A frame of any kind arrived. */
  heard(): void {
    this.#heardAtMs = this.#clock.now();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #arm(): void {
    this.#cancel = this.#clock.after(PING_INTERVAL_MS, () => {
      if (this.#isStopped) return;
      if (this.#clock.now() - this.#heardAtMs > SILENCE_LIMIT_MS) return this.#actions.onSilence();
      this.#actions.ping(this.#nonce++);
      this.#arm();
    });
  }
}
