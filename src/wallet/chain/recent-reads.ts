import type { Clock } from '../../base/time.ts';
import { MAX_CACHED_VIEWS, VIEW_CACHE_MS } from '../constants.ts';

/** Answers of the chain that hold for a short while. A failed one is not remembered. */
export class RecentReads<T> {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly at: number; readonly answer: Promise<T> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The answer under this name, asked anew when it is 20 s old. */
  async read(name: string, ask: () => Promise<T>): Promise<T> {
    const now = this.#clock.now();
    const known = this.#known.get(name);
    if (known !== undefined && now - known.at < VIEW_CACHE_MS) return known.answer;
    const answer = ask();
    const entry = { at: now, answer };
    answer.catch(() => {
      if (this.#known.get(name) === entry) this.#known.delete(name);
    });
    this.#known.delete(name);
    this.#known.set(name, entry);
    if (this.#known.size > MAX_CACHED_VIEWS) this.#known.delete(this.#known.keys().next().value!);
    return answer;
  }

  clear(): void {
    this.#known.clear();
  }
}
