import type { Exit } from '../../protocol/task.ts';
import type { GuestOutcome, TaskInput } from '../messages.ts';

/** A loaded program: what both kinds of guest look like to the worker. */
export interface Runner {
  /** Runs one task. May throw: the worker turns what is thrown into an exit. */
  run(
    task: TaskInput,
    onProgress: (done: number) => void,
  ): Promise<{ readonly exit: Exit; readonly outputs: GuestOutcome['outputs'] }>;
}
