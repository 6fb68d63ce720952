import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../tests/mesh/twins/manual-clock.ts';
import { type Holder, newTaskCheck, next, type TaskCheck } from '../../../verification/task/task-check.ts';
import { LONELY_BEFORE_OWN_RUN_MS, STUCK_BEFORE_OWN_RUN_MS } from '../../constants.ts';
import { type LonelyReason, LonelyTasks } from './lonely-tasks.ts';

const holder = (name: string): Holder => ({ peer: name, payee: `0x${name}` });

/** A task to which these have committed. */
function committedBy(...names: string[]): TaskCheck {
  let check = newTaskCheck({ kind: 'quorum', need: 2, limit: 4, auditRate: 0 }, 'exact');
  for (const name of names) {
    check = next(check, { type: 'leased', id: name, holder: holder(name), need: 2 });
    check = next(check, { type: 'committed', id: name });
  }
  return check;
}

let clock: ManualClock;
let here: Holder[];
let takers: Holder[] | undefined;
let ran: number[];
let mayRun: boolean;
let said: LonelyReason[];
let isAmongNeighbours: (check: TaskCheck) => boolean;
let lonely: LonelyTasks;
beforeEach(() => {
  clock = new ManualClock();
  here = [holder('alice')];
  takers = undefined;
  ran = [];
  mayRun = true;
  said = [];
  isAmongNeighbours = () => false;
  lonely = new LonelyTasks({
    clock,
    holders: () => here,
    takers: () => takers ?? here,
    isAmongNeighbours: (check) => isAmongNeighbours(check),
    mayRun: (why) => {
      said.push(why);
      return mayRun;
    },
    run: async (task) => void ran.push(task),
  });
});
afterEach(() => clock[Symbol.dispose]());

const alone: [number, TaskCheck][] = [[4, committedBy('alice')]];

test('what only one can do waits a while for another, then this device confirms one after the other', async () => {
  lonely.review(alone);
  await clock.advance(LONELY_BEFORE_OWN_RUN_MS - 1);
  lonely.review(alone);
  expect(ran).toEqual([]);
  await clock.advance(1);
  lonely.review(alone);
  lonely.review([[5, committedBy('alice')]]);
  expect(ran).toEqual([4]);
  await clock.settle();
  lonely.review([[5, committedBy('alice')]]);
  expect(ran).toEqual([4, 5]);
});

test('whoever else comes is waited for anew, and takes what is there', async () => {
  lonely.review(alone);
  await clock.advance(LONELY_BEFORE_OWN_RUN_MS);
  here = [holder('alice'), holder('bob')];
  lonely.review(alone);
  expect(ran).toEqual([]);
  const both: [number, TaskCheck][] = [[4, committedBy('alice', 'bob')]];
  lonely.review(both);
  await clock.advance(LONELY_BEFORE_OWN_RUN_MS);
  lonely.review(both);
  expect(ran).toEqual([4]);
});

test('nothing is run for what nobody did, with nobody there, or where this device cannot', async () => {
  const untouched: [number, TaskCheck][] = [[1, newTaskCheck({ kind: 'trust', auditRate: 0 }, 'exact')]];
  lonely.review(untouched);
  lonely.review(alone);
  await clock.advance(LONELY_BEFORE_OWN_RUN_MS);
  lonely.review(untouched);
  mayRun = false;
  lonely.review(alone);
  here = [];
  mayRun = true;
  lonely.review(alone);
  expect(ran).toEqual([]);
});

test('what nobody here has the credit to confirm waits a little, then this device confirms it', async () => {
  here = [holder('alice'), holder('bob')];
  takers = [holder('alice')];
  lonely.review(alone);
  await clock.advance(STUCK_BEFORE_OWN_RUN_MS - 1);
  lonely.review(alone);
  takers = [...here];
  await clock.advance(1);
  lonely.review(alone); // somebody was paid meanwhile
  takers = [];
  lonely.review(alone);
  expect(ran).toEqual([]);
  await clock.advance(STUCK_BEFORE_OWN_RUN_MS);
  lonely.review(alone);
  expect(ran).toEqual([4]);
});

describe('what is said of a task that this device confirms', () => {
  const mine: [number, TaskCheck] = [4, committedBy('alice')];
  const crowded: [number, TaskCheck] = [7, committedBy('carol')];
  const waiting = [mine, crowded];
  beforeEach(() => {
    isAmongNeighbours = (check) => check === crowded[1];
  });

  test('one that is stuck for want of credit is not put on the neighbours of another', async () => {
    here = [holder('alice'), holder('bob'), holder('carol')];
    takers = [holder('alice')];
    lonely.review([mine]);
    await clock.advance(STUCK_BEFORE_OWN_RUN_MS);
    lonely.review(waiting);
    expect([ran, said]).toEqual([[4], ['few']]);
  });

  test('nor is one that nobody else is there for', async () => {
    lonely.review([mine]);
    await clock.advance(LONELY_BEFORE_OWN_RUN_MS);
    lonely.review(waiting);
    expect([ran, said]).toEqual([[4], ['few']]);
  });

  test('one among neighbours is, and need not wait', async () => {
    here = [holder('alice'), holder('bob')];
    lonely.review(waiting);
    await clock.settle();
    expect([ran, said]).toEqual([[7], ['neighbours']]);
  });

  test('one that only neighbours are there for is, too, when they were waited for', async () => {
    here = [holder('carol')];
    isAmongNeighbours = () => false;
    lonely.review([crowded]);
    await clock.advance(LONELY_BEFORE_OWN_RUN_MS);
    isAmongNeighbours = (check) => check === crowded[1];
    lonely.review([crowded]);
    expect([ran, said]).toEqual([[7], ['neighbours']]);
  });
});
