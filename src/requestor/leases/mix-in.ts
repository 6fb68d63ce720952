import type { Random } from '../../base/random.ts';

/** A lease's tasks with ringers anywhere among them: their place must not tell them. */
export function mixIn(tasks: readonly number[], ringers: readonly number[], random: Random): number[] {
  const mixed = [...tasks];
  for (const task of ringers) mixed.splice(Math.floor(random() * (mixed.length + 1)), 0, task);
  return mixed;
}
