import { KilnError } from '../base/errors.ts';
import type { Split } from '../protocol/manifest.ts';

/** How many tasks a split makes; 0 when its range is empty. */
export function taskCount(split: Split): number {
  return Math.max(0, Math.ceil((split.to - split.from) / split.step));
}

/**
 * The parameters one task sees: `<name>` (its first number), `<name>_end` (excluded, never beyond `to`) and `index`.
 * Throws `job/no-such-task` when the split has no task of this index.
 *
 * @example
 * taskParameters({ by: 'range', name: 'frame', from: 0, to: 10, step: 4 }, 2); // { index: 2, frame: 8, frame_end: 10 }
 */
export function taskParameters(split: Split, index: number): Record<string, number> {
  const tasks = taskCount(split);
  if (!Number.isInteger(index) || index < 0 || index >= tasks) {
    throw new KilnError('job/no-such-task', `The job has no task ${index + 1}: it has ${tasks}.`, {
      data: { index, tasks },
      hint: `Use an index from 0 to ${Math.max(0, tasks - 1)}.`,
    });
  }
  const first = split.from + index * split.step;
  return { index, [split.name]: first, [`${split.name}_end`]: Math.min(first + split.step, split.to) };
}
