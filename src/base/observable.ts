/** A value that can be read and watched; fits Svelte's store contract. */
export interface Observable<T> {
  readonly value: T;
  /** Calls back now and at each change; the result stops it. */
  subscribe(listener: (value: T) => void): () => void;
}

/** An {@link Observable} that its owner can set. */
export class Cell<T> implements Observable<T> {
  #value: T;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    this.#value = value;
    for (const listener of [...this.#listeners]) listener(value);
  }

  subscribe(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#value);
    return () => void this.#listeners.delete(listener);
  }
}
