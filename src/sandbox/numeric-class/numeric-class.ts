import { aborted } from '../../base/errors.ts';
import type { JobSlots } from '../sandbox-job.ts';
import { measureNumericClass } from './measure-numeric-class.ts';

/** The numeric class of this page's GPU: measured when first asked for, and anew after the device was lost. */
export class NumericClass implements Disposable {
  readonly #slots: JobSlots;
  readonly #life = new AbortController();
  #measured: Promise<string | undefined> | undefined;

  constructor(slots: JobSlots) {
    this.#slots = slots;
  }

  /** The class; undefined when it cannot be measured. Rejects only with `base/aborted`. */
  async get(signal: AbortSignal): Promise<string | undefined> {
    this.#measured ??= measureNumericClass(this.#slots, this.#life.signal).catch(() => undefined);
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stop = () => reject(aborted(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      return await Promise.race([this.#measured, stopped]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** After a loss the browser may come back with another GPU, or with none. */
  forget(): void {
    this.#measured = undefined;
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }
}
