/** One command of `kiln`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly help: string;
  /** Resolves with the exit code; throws a KilnError that says what to do. */
  run(args: readonly string[]): Promise<number>;
}
