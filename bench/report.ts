/** One measured number, its target and what a user would use instead, measured in the same minute. */
export interface BenchCheck {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target: number;
  readonly better: 'higher' | 'lower';
  readonly reference: { readonly what: string; readonly value: number };
}

/** The last line of a bench. */
export interface BenchReport {
  readonly bench: string;
  readonly machine: { readonly cores: number; readonly load: number; readonly gpu: string };
  readonly checks: readonly BenchCheck[];
}

/** What a bench is given. */
export interface BenchContext {
  /** A shorter run with fewer repetitions. */
  readonly isQuick: boolean;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
}

/** What a file of a bench exports. */
export interface BenchModule {
  run(context: BenchContext): Promise<readonly BenchCheck[]>;
}
