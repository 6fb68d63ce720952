/**
 * An owner of things that must be torn down: what was added last is closed first, once.
 *
 * @example
 * const scope = new Scope();
 * scope.add(() => worker.terminate());
 * await scope[Symbol.asyncDispose]();
 */
export class Scope implements AsyncDisposable {
  readonly #closers: (() => unknown)[] = [];
  readonly #controller = new AbortController();

  /** Fires when the scope closes. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isClosed(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Registers a teardown; runs it at once when the scope has closed already. */
  add(close: () => unknown): void {
    if (this.isClosed) void close();
    else this.#closers.push(close);
  }

  /** Closes everything, last first; one failure does not keep the rest open. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isClosed) return;
    this.#controller.abort();
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Some things did not close cleanly.');
  }
}
