/** One change of a collection, waiting for its transaction. */
interface Waiting<Target> {
  readonly change: (target: Target) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers changes that come while a transaction is being committed into the next one: a transaction costs
 * milliseconds whatever is in it. In order; each change resolves when its transaction is committed.
 */
export class WriteGroup<Target> {
  readonly #commit: (apply: (target: Target) => void) => Promise<void>;
  #waiting: Waiting<Target>[] = [];
  #isRunning = false;

  /** `commit` opens a transaction, lets `apply` work on it, and resolves when it is committed. */
  constructor(commit: (apply: (target: Target) => void) => Promise<void>) {
    this.#commit = commit;
  }

  /** Resolves when the change is committed. A change that throws is refused alone. */
  add(change: (target: Target) => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ change, resolve, reject });
    if (!this.#isRunning) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    await Promise.resolve(); // changes made in the same turn go together
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0));
    this.#isRunning = false;
  }

  async #write(group: readonly Waiting<Target>[]): Promise<void> {
    const applied: Waiting<Target>[] = [];
    try {
      await this.#commit((target) => {
        for (const one of group) {
          try {
            one.change(target);
            applied.push(one);
          } catch (error) {
            one.reject(error);
          }
        }
      });
      for (const { resolve } of applied) resolve();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
