import { expect, test } from 'vitest';
import { AvoidList } from './avoid-list.ts';
import { AVOID_LONGEST_MS, MAX_AVOIDED, RETRY_JOB_AFTER_MS } from '../constants.ts';

test('each failure in a row doubles the wait, up to the longest', () => {
  const list = new AvoidList();
  let nowMs = 1_000;
  for (let waitMs = RETRY_JOB_AFTER_MS; waitMs < AVOID_LONGEST_MS * 4; waitMs *= 2) {
    list.fail('a', nowMs);
    nowMs += Math.min(waitMs, AVOID_LONGEST_MS);
    expect([list.has('a', nowMs - 1), list.has('a', nowMs)]).toEqual([true, false]);
  }
  expect(list.has('b', 0)).toBe(false);
});

test('a good end waits the least time again, forgiveness not at all', () => {
  const list = new AvoidList();
  for (let i = 0; i < 3; i++) list.fail('a', 0);
  list.rest('a', 0);
  expect([list.has('a', RETRY_JOB_AFTER_MS - 1), list.has('a', RETRY_JOB_AFTER_MS)]).toEqual([true, false]);
  list.forgive('a');
  expect([list.has('a', 0), list.size]).toEqual([false, 0]);
});

test('what is over for as long as it lasted is forgotten', () => {
  const list = new AvoidList();
  list.fail('a', 0);
  list.fail('b', 2 * RETRY_JOB_AFTER_MS - 1);
  expect(list.size).toBe(2);
  list.fail('b', 2 * RETRY_JOB_AFTER_MS);
  expect(list.size).toBe(1);
});

test('strangers without number fill no memory', () => {
  const list = new AvoidList();
  for (let i = 0; i < MAX_AVOIDED + 5; i++) list.fail(`${i}`, 0);
  expect([list.size, list.has('4', 0), list.has('5', 0)]).toEqual([MAX_AVOIDED, false, true]);
});
