import { next, type TaskCheck, type TaskEvent } from '../../verification/task/task-check.ts';

/** What is known of each task under way. */
export class TaskTable {
  readonly #checks = new Map<number, TaskCheck>();

  get(task: number): TaskCheck | undefined {
    return this.#checks.get(task);
  }

  has(task: number): boolean {
    return this.#checks.has(task);
  }

  /** Tasks under way. */
  get tasks(): readonly number[] {
    return [...this.#checks.keys()];
  }

  get isEmpty(): boolean {
    return this.#checks.size === 0;
  }

  set(task: number, check: TaskCheck): void {
    this.#checks.set(task, check);
  }

  /** Applies an event; false when it changed nothing, because it came late or twice. */
  apply(task: number, event: TaskEvent): boolean {
    const check = this.#checks.get(task);
    if (check === undefined) return false;
    const after = next(check, event);
    this.#checks.set(task, after);
    return after !== check;
  }

  delete(task: number): void {
    this.#checks.delete(task);
  }
}
