import { expect, test } from 'vitest';
import { givesWay, isOnTrial, type Seated, TRIAL_MS, TRIAL_RESULTS } from './trials.ts';

const NOW_MS = 1_000_000;
/** Somebody with a record who has been here for a while. */
const seat = (peer: string, change: Partial<Seated> = {}): Seated => ({
  peer,
  cameNew: false,
  seatedAtMs: 0,
  results: 100,
  ...change,
});
const fresh = { cameNew: true, seatedAtMs: NOW_MS - 1, results: 0 };
const old = Array.from({ length: 14 }, (_, i) => seat(`old ${i}`, { seatedAtMs: i }));

test.each([
  ['a newcomer', fresh, true],
  ['one with a record', { ...fresh, cameNew: false }, false],
  ['one with a result too few', { ...fresh, results: TRIAL_RESULTS - 1 }, true],
  ['one that has shown what it can do', { ...fresh, results: TRIAL_RESULTS }, false],
  ['one that sits there', { ...fresh, seatedAtMs: NOW_MS - TRIAL_MS }, false],
])('on trial: %s', (_, change, is) => {
  expect(isOnTrial(seat('one', change), NOW_MS)).toBe(is);
});

test.each<[string, Seated[], string | undefined]>([
  ['who was seated last', [seat('a', { seatedAtMs: 50 }), seat('b', { seatedAtMs: 40 })], 'a'],
  ['who has had its trial', [seat('a', { seatedAtMs: 50 }), seat('b', { cameNew: true })], 'b'],
  [
    'the last of those that have had theirs',
    [seat('a', { cameNew: true, seatedAtMs: 3 }), seat('b', { cameNew: true })],
    'a',
  ],
  ['not who is on trial', [seat('a', fresh), seat('b', { seatedAtMs: 40 })], 'b'],
  ['nobody while an eighth is on trial', [seat('a', fresh), seat('b', fresh)], undefined],
])('a newcomer gets the seat of %s', (_, more, peer) => {
  expect(givesWay([...old, ...more], 16, NOW_MS)?.peer).toBe(peer);
});
test('a job of few seats is left alone', () => {
  expect(givesWay(old.slice(0, 7), 7, NOW_MS)).toBeUndefined();
});
