import { expect, test } from 'vitest';
import type { TaskPhase } from '../../../requestor/view.ts';
import { countPhases, taskCells } from './task-cells.ts';

test('each task has its cell while there is room', () => {
  expect(taskCells(['waiting', 'running', 'verified'])).toEqual([
    { from: 0, to: 1, phase: 'waiting' },
    { from: 1, to: 2, phase: 'running' },
    { from: 2, to: 3, phase: 'verified' },
  ]);
});

test('a million tasks share few cells, and every task is in exactly one', () => {
  const phases = Array.from<TaskPhase>({ length: 1_000_000 }).fill('verified');
  phases[999_999] = 'running';
  const cells = taskCells(phases, 480);
  expect(cells.length).toBeLessThanOrEqual(480);
  expect(cells.reduce((sum, cell) => sum + (cell.to - cell.from), 0)).toBe(1_000_000);
  expect(cells.at(-1)?.phase).toBe('running');
  expect(cells[0]?.phase).toBe('verified');
});

test('a cell is verified only when all of its tasks are', () => {
  expect(taskCells(['verified', 'waiting'], 1)[0]?.phase).toBe('waiting');
  expect(taskCells(['verified', 'provisional'], 1)[0]?.phase).toBe('provisional');
  expect(taskCells(['waiting', 'checking', 'verified'], 1)[0]?.phase).toBe('checking');
});

test('counts add up', () => {
  expect(countPhases(['waiting', 'running', 'running', 'provisional', 'verified'])).toEqual({
    waiting: 1,
    running: 2,
    checking: 0,
    provisional: 1,
    verified: 1,
  });
});
