import { hasCode, type KilnError, toKilnError } from '../../base/errors.ts';

/** One thing a button does: busy, its progress, its failure. A failure is always kept to be shown. */
export class ActionState {
  isBusy = $state(false);
  error = $state.raw<KilnError>();
  /** What is being done now, in words. */
  step = $state('');
  /** Between 0 and 1, where the work can tell. */
  done = $state<number>();
  #controller: AbortController | undefined;

  /**
   * Runs the work unless it runs already. Resolves to its value, or to undefined when it failed or was stopped.
   *
   * @example
   * await redeem.run(() => kiln.wallet.redeem());
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    if (this.isBusy) return undefined;
    const controller = new AbortController();
    this.#controller = controller;
    this.isBusy = true;
    this.error = undefined;
    this.step = '';
    this.done = undefined;
    try {
      return await work(controller.signal);
    } catch (thrown) {
      if (!controller.signal.aborted || !hasCode(toKilnError(thrown), 'base/aborted')) {
        this.error = toKilnError(thrown, 'app/action-failed');
      }
      return undefined;
    } finally {
      this.isBusy = false;
    }
  }

  /** Stops the work in hand; its rejection is then no failure. */
  stop(): void {
    this.#controller?.abort();
  }

  /** Takes the shown failure away. */
  dismiss(): void {
    this.error = undefined;
  }
}
