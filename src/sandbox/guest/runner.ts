import type { GuestOutcome, TaskInput } from '../messages.ts';

/** What a run may ask of the worker around it. */
export interface HostLink {
  /** Tells the finished part, 0 to 1; told on a few times a second. */
  onProgress(done: number): void;
  /** Tells digests of finished chunks from `first` on, if the host wants them. */
  onChunks(first: number, digests: readonly string[]): void;
  /** Told the calls of a WASI program, written down, if the host wants them. */
  readonly onCalls: ((lines: readonly string[]) => void) | undefined;
  /** Is it time to hear the host? Cheap enough to ask after every step. */
  readonly isTurnDue: boolean;
  /** Hears the host: waits while it pauses the task, and throws {@link Stopped} when it stopped it. */
  turn(): Promise<void>;
  /** Time that is not the run itself, in milliseconds: warming up, waiting. */
  leaveOut(ms: number): void;
}

/** Ends a run because the host stopped it. */
export class Stopped extends Error {
  constructor() {
    super('The host stopped this run.');
  }
}

/** What a run comes to; the worker adds how long it took. */
export type RunResult = Omit<GuestOutcome, 'wallMs'>;

/** A loaded program: what all kinds of guest look like to the worker. */
export interface Runner {
  /** Runs one task. May throw: the worker turns what is thrown into an exit. */
  run(task: TaskInput, onProgress: (done: number) => void, host: HostLink): Promise<RunResult>;
}
