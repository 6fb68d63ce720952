import { expect, test } from 'vitest';
import { ToldVerdicts } from './told-verdicts.ts';

const say = (task: number, outcome: 'accepted' | 'provisional' | 'rejected' | 'not-needed') => ({
  lease: 'a',
  task,
  outcome,
});

test('remembers the last word on each task', () => {
  const told = new ToldVerdicts();
  told.note(say(0, 'accepted'));
  told.note(say(1, 'provisional'));
  told.note(say(1, 'rejected'));
  expect([told.of('a', 0), told.of('a', 1), told.of('a', 2), told.of('b', 0)]).toEqual([
    'accepted',
    'rejected',
    undefined,
    undefined,
  ]);
});

test('tells what was said about some leases', () => {
  const told = new ToldVerdicts();
  told.note(say(0, 'accepted'));
  told.note({ ...say(1, 'provisional'), lease: 'b' });
  told.note(say(2, 'rejected'));
  expect(told.about(new Set(['a']))).toEqual([say(0, 'accepted'), say(2, 'rejected')]);
  expect(told.about(new Set(['b']))).toEqual([{ ...say(1, 'provisional'), lease: 'b' }]);
  expect(told.about(new Set())).toEqual([]);
});

test('counts what waits for another word, once each', () => {
  const told = new ToldVerdicts();
  for (const task of [0, 1, 1, 2]) told.note(say(task, 'provisional'));
  expect(told.heldTasks).toBe(3);
  expect(told.held).toEqual([0, 1, 2].map((task) => ({ lease: 'a', task })));
  told.note(say(1, 'accepted'));
  told.note(say(1, 'accepted'));
  told.note(say(9, 'accepted'));
  expect(told.heldTasks).toBe(2);
  expect([told.isHeld('a', 0), told.isHeld('a', 1)]).toEqual([true, false]);
  expect(told.again).toEqual([say(1, 'accepted')]);
});

test('says again what was said while nobody could hear it', () => {
  const told = new ToldVerdicts();
  told.note(say(0, 'accepted'));
  told.note(say(1, 'accepted'), false);
  told.note(say(2, 'provisional'), false);
  expect(told.again).toEqual([say(1, 'accepted'), say(2, 'provisional')]);
  told.note(say(2, 'rejected'));
  expect(told.again).toEqual([say(1, 'accepted'), say(2, 'rejected')]);
});

test('keeps a bounded number, and never forgets what is held', () => {
  const told = new ToldVerdicts();
  told.note(say(0, 'provisional'));
  for (let task = 1; task <= 5_000; task++) told.note(say(task, 'accepted'));
  expect(told.of('a', 1)).toBeUndefined();
  expect([told.of('a', 5_000), told.of('a', 0)]).toEqual(['accepted', 'provisional']);
  for (let task = 0; task < 5_000; task++) {
    told.note(say(task, 'provisional'));
    told.note(say(task, 'accepted'));
  }
  expect(told.again).toHaveLength(4_096);
});
