/** One program, as base64, and its command line. */
export interface SpeedTask {
  readonly program: string;
  readonly args: readonly string[];
}

/** One run: how long it took, and what it printed. */
export interface TimedRun {
  readonly ms: number;
  readonly printed: string;
}
