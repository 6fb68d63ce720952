import type { TaskPhase } from '../../../requestor/view.ts';

/** More cells than this cannot be told apart on a phone. */
export const MAX_TASK_CELLS = 480;

/** One cell of the task grid: a run of tasks and the phase that it shows. */
export interface TaskCell {
  readonly from: number;
  /** Excluded. */
  readonly to: number;
  readonly phase: TaskPhase;
}

/** Shown phase of a mixed cell: whatever moves, else whatever is left to do. */
const PRIORITY: readonly TaskPhase[] = ['running', 'checking', 'waiting', 'provisional', 'verified'];

/**
 * The grid's cells: one per task, or one per equal run of tasks when there are too many.
 *
 * @example
 * taskCells(['verified', 'running']); // two cells, of one task each
 */
export function taskCells(phases: readonly TaskPhase[], maxCells = MAX_TASK_CELLS): readonly TaskCell[] {
  const perCell = Math.max(1, Math.ceil(phases.length / maxCells));
  const cells: TaskCell[] = [];
  for (let from = 0; from < phases.length; from += perCell) {
    const to = Math.min(from + perCell, phases.length);
    const present = new Set(phases.slice(from, to));
    cells.push({ from, to, phase: PRIORITY.find((phase) => present.has(phase)) ?? 'waiting' });
  }
  return cells;
}

/** How many tasks are in each phase. */
export function countPhases(phases: readonly TaskPhase[]): Readonly<Record<TaskPhase, number>> {
  const counts: Record<TaskPhase, number> = {
    waiting: 0,
    running: 0,
    checking: 0,
    provisional: 0,
    verified: 0,
  };
  for (const phase of phases) counts[phase]++;
  return counts;
}
