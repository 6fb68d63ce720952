import { JOB_KINDS, type JobKind } from '../../protocol/primitives.ts';
import type { SandboxSlice } from '../slices.ts';

/** How fast this device is at each kind of work that it can do, in micro-units per second and slot. */
export class SpeedScores {
  readonly #sandbox: SandboxSlice;
  readonly #onChange: () => void;
  #scores: Readonly<Partial<Record<JobKind, number>>> = {};

  constructor(sandbox: SandboxSlice, onChange: () => void) {
    this.#sandbox = sandbox;
    this.#onChange = onChange;
  }

  get all(): Readonly<Partial<Record<JobKind, number>>> {
    return this.#scores;
  }

  /** Those of the kinds that were measured: the others are not lent. */
  known(kinds: readonly JobKind[]): JobKind[] {
    return kinds.filter((kind) => this.#scores[kind] !== undefined);
  }

  /** Measures those of the kinds that were not measured yet; see {@link measure}. */
  measureNew(kinds: readonly JobKind[], signal: AbortSignal): Promise<void> {
    return this.measure(
      kinds.filter((kind) => this.#scores[kind] === undefined),
      signal,
    );
  }

  /**
   * Measures these kinds one after another. A kind that this device cannot run now stays unmeasured; throws what went wrong
   * when nothing can be run here, and when the signal fired.
   */
  async measure(kinds: readonly JobKind[], signal: AbortSignal): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    for (const kind of kinds) {
      try {
        const score = Math.round(await this.#sandbox.benchmark(kind, signal));
        this.#scores = { ...this.#scores, [kind]: score };
        this.#onChange();
      } catch (error) {
        if (signal.aborted) throw error;
        failure ??= { error };
      }
    }
    if (failure !== undefined && this.known(JOB_KINDS).length === 0) throw failure.error;
  }
}
