import { expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { DEMAND } from '../../protocol/messages.fixture.ts';
import { BoardMemory } from './board-view.ts';

test('a demand without a task left is gone at once, and no older one brings it back', async () => {
  using clock = new ManualClock(1_000_000);
  const board = new BoardMemory(clock);
  const nowMs = clock.now();
  const open = { ...DEMAND, tasksLeft: 3, issuedAt: nowMs, expiresAt: nowMs + 60_000 };
  const shown = async () => {
    await clock.advance(1_000);
    return board.view.value.demands.map(({ tasksLeft }) => tasksLeft);
  };
  board.addDemand(open);
  expect(await shown()).toEqual([3]);
  board.addDemand({ ...open, tasksLeft: 0, issuedAt: nowMs + 1, expiresAt: nowMs + 5_001 });
  expect(await shown()).toEqual([]);
  await clock.advance(20_000);
  // Another relay tells what it heard before the end.
  board.addDemand(open);
  expect(await shown()).toEqual([]);
  board.addDemand({ ...open, tasksLeft: 2, issuedAt: clock.now(), expiresAt: clock.now() + 60_000 });
  expect(await shown()).toEqual([2]);
  board.stop();
});
