import type { Clock } from '../../src/base/time.ts';
import type { Collection } from '../../src/base/collection.ts';
import type { SignedVoucher } from '../../src/protocol/work.ts';
import type { PaymentSession } from '../../src/requestor/slices.ts';
import type { CollectionName, Store } from '../../src/storage/store.ts';

/**
 * A process that is killed before its n-th step: from then on nothing of it ever goes on. A step is whatever leaves the
 * process: a write to the store, a signature, a message that waits for one.
 */
export class Crash {
  #killAt: number;
  /** Steps so far, by name. */
  readonly steps: string[] = [];
  isDead = false;
  readonly #death = Promise.withResolvers<void>();

  /** @param killAt @default never */
  constructor(killAt = Number.POSITIVE_INFINITY) {
    this.#killAt = killAt;
  }

  /** Resolves when it is killed. */
  get died(): Promise<void> {
    return this.#death.promise;
  }

  /** Nothing is killed any more, unless it is dead. */
  spare(): void {
    this.#killAt = Number.POSITIVE_INFINITY;
  }

  /** Passes, or never returns. */
  async step(name: string): Promise<void> {
    if (!this.isDead && this.steps.length === this.#killAt) {
      this.isDead = true;
      this.#death.resolve();
    }
    if (this.isDead) await new Promise(() => {});
    this.steps.push(name);
  }

  /** A store whose writes are steps. */
  store(inner: Store): Store {
    const collection = <T>(name: CollectionName): Collection<T> => {
      const records = inner.collection<T>(name);
      return {
        get: (key) => records.get(key),
        entries: (prefix) => records.entries(prefix),
        put: async (key, value) => {
          await this.step(`put ${name}`);
          await records.put(key, value);
        },
        delete: async (key) => {
          await this.step(`delete ${name}`);
          await records.delete(key);
        },
      };
    };
    return { ...inner, isPersistent: true, chunks: inner.chunks, collection };
  }

  /** A session key whose signatures are steps, and so is what follows each. */
  session(inner: PaymentSession, signed: SignedVoucher[]): PaymentSession {
    return {
      ...inner,
      sign: async (voucher) => {
        await this.step('sign');
        const made = await inner.sign(voucher);
        signed.push(made);
        await this.step('send');
        return made;
      },
    };
  }

  /** Time that stops for a dead process. */
  clock(inner: Clock): Clock {
    return {
      now: () => inner.now(),
      after: (delayMs, callback) => inner.after(delayMs, () => void (this.isDead || callback())),
    };
  }
}
