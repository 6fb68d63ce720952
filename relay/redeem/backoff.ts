import type { Clock } from '../../src/base/time.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import { MAX_RETRY_MS, RETRY_MS } from './limits.ts';

/** When a payee is tried again: later after each try that paid nothing. Lost with the process, which is harmless. */
export class Backoff {
  readonly #clock: Clock;
  readonly #tries = new Map<Address, { readonly count: number; readonly dueAtMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Puts a payee off, for twice as long as the last time. */
  putOff(payee: Address): void {
    const count = (this.#tries.get(payee)?.count ?? 0) + 1;
    const waitMs = Math.min(RETRY_MS * 2 ** (count - 1), MAX_RETRY_MS);
    this.#tries.set(payee, { count, dueAtMs: this.#clock.now() + waitMs });
  }

  /** The next try is due at once: something new came, or the last one paid. */
  reset(payee: Address): void {
    this.#tries.delete(payee);
  }

  /** When the payee is due; 0 for one that was never put off. */
  dueAtMs(payee: Address): number {
    return this.#tries.get(payee)?.dueAtMs ?? 0;
  }

  /** Forgets payees that are not there any more. */
  keepOnly(isThere: (payee: Address) => boolean): void {
    for (const payee of this.#tries.keys()) if (!isThere(payee)) this.#tries.delete(payee);
  }
}
