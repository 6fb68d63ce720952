import { toKilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import { JOB_KINDS, type JobKind } from '../../protocol/primitives.ts';
import type { SandboxSlice } from '../slices.ts';

/** What is measured now, and how much of that is done, 0 to 1. */
export interface Measuring {
  readonly kind: JobKind;
  readonly done: number;
}

/** How fast this device is at each kind of work that it can do, in micro-units per second and slot. */
export class SpeedScores {
  readonly #sandbox: SandboxSlice;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #measuredAtMs = new Map<JobKind, number>();
  readonly #failures = new Map<JobKind, string>();
  #scores: Readonly<Partial<Record<JobKind, number>>> = {};
  #measuring: Measuring | undefined;

  constructor(sandbox: SandboxSlice, clock: Clock, onChange: () => void) {
    this.#sandbox = sandbox;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get all(): Readonly<Partial<Record<JobKind, number>>> {
    return this.#scores;
  }

  get measuring(): Measuring | undefined {
    return this.#measuring;
  }

  /** When a kind was measured last. */
  measuredAtMs(kind: JobKind): number | undefined {
    return this.#measuredAtMs.get(kind);
  }

  /** Why a kind could not be measured the last time, in words. */
  failure(kind: JobKind): string | undefined {
    return this.#failures.get(kind);
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
   * Measures these kinds one after another. A kind that this device cannot run now keeps the score it had, or stays
   * unmeasured; throws what went wrong when nothing can be run here, and when the signal fired.
   */
  async measure(kinds: readonly JobKind[], signal: AbortSignal): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    try {
      for (const kind of kinds) {
        try {
          await this.#measureOne(kind, signal);
        } catch (error) {
          if (signal.aborted) throw error;
          failure ??= { error };
          this.#failures.set(kind, toKilnError(error).message);
        }
      }
    } finally {
      this.#measuring = undefined;
      this.#onChange();
    }
    if (failure !== undefined && this.known(JOB_KINDS).length === 0) throw failure.error;
  }

  async #measureOne(kind: JobKind, signal: AbortSignal): Promise<void> {
    const show = (done: number) => {
      this.#measuring = { kind, done };
      this.#onChange();
    };
    show(0);
    const score = Math.round(await this.#sandbox.benchmark(kind, signal, show));
    this.#scores = { ...this.#scores, [kind]: score };
    this.#failures.delete(kind);
    this.#measuredAtMs.set(kind, this.#clock.now());
  }
}
