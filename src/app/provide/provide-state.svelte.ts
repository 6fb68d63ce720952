import type { Kiln } from '../../kiln/kiln.ts';
import type { ProviderRules } from '../../provider/view.ts';
import { ActionState } from '../parts/action-state.svelte.ts';

/** A rule changed by dragging settles this long before it is applied. */
const SETTLE_MS = 400;

/** The Provide page's state: rules being edited, applied live once lending, and the one consent that starts it. */
export class ProvideState {
  rules = $state.raw<ProviderRules>();
  /** Whether a usable GPU was found. */
  hasGpu = $state(false);
  readonly load = new ActionState();
  readonly start = new ActionState();
  readonly apply = new ActionState();
  readonly #kiln: Kiln;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(kiln: Kiln) {
    this.#kiln = kiln;
    void this.suggest();
  }

  /** The rules in force or of the last visit, or a suggestion to begin with. Computes nothing. */
  async suggest(): Promise<void> {
    await this.load.run(async () => {
      this.hasGpu = this.#kiln.provider.gpu.value !== undefined;
      this.rules = await this.#kiln.provider.suggestRules();
    });
  }

  /** Starts lending. Called from the consent button and from nowhere else. */
  async consent(): Promise<void> {
    const { rules } = this;
    if (rules === undefined) return;
    await this.start.run(() => this.#kiln.provider.start(rules));
  }

  /** Asks the person whether this page may see if the machine is used. */
  async watchMachine(): Promise<void> {
    await this.apply.run(() => this.#kiln.provider.watchMachine());
  }

  /** Changes some rules; they take effect at once when lending, else at the start. */
  change(patch: Partial<ProviderRules>): void {
    if (this.rules === undefined) return;
    this.rules = { ...this.rules, ...patch };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#applyNow(), SETTLE_MS);
  }

  /** Applies a change that has not settled yet, so that leaving the page loses none. */
  stop(): void {
    if (this.#timer !== undefined) void this.#applyNow();
  }

  async #applyNow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { status } = this.#kiln.provider.view.value;
    const { rules } = this;
    if (rules === undefined || status === 'off' || status === 'stopping') return;
    await this.apply.run(() => this.#kiln.provider.setRules(rules));
  }
}
