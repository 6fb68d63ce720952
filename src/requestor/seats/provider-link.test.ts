import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { STARTING_SLOTS } from '../constants.ts';
import { recordedLink } from './link.fixture.ts';

let clock: ManualClock;
beforeEach(() => (clock = new ManualClock()));
afterEach(() => clock[Symbol.dispose]());

test('a provider cannot say that its tasks took longer than it had them: deadlines would never come', async () => {
  const { link } = recordedLink(clock);
  const leasedAtMs = clock.now();
  await clock.advance(2_000);
  link.measure(1e300, 4, leasedAtMs);
  expect(link.msPerTask).toBe(2_000);
});

test('a provider cannot say that its tasks took no time: it would be leased half of the job', async () => {
  const { link } = recordedLink(clock, 2, { slots: 1 });
  const leasedAtMs = clock.now();
  for (let i = 0; i < 30; i++) {
    await clock.advance(10_000);
    link.measure(2, 1, leasedAtMs);
  }
  expect(link.msPerTask).toBeCloseTo(2_500);
});

test('very many slots are believed as results come, few at once', () => {
  const { link } = recordedLink(clock, 2, { slots: 100 });
  expect(link.slots).toBe(STARTING_SLOTS);
  link.executions = 5;
  expect(link.slots).toBe(STARTING_SLOTS + 5);
  link.executions = 1_000;
  expect(link.slots).toBe(100);
  expect(recordedLink(clock, 3, { slots: 2 }).link.slots).toBe(2);
});

test('time without work in hand is not held against a pace', async () => {
  const { link } = recordedLink(clock, 2, { slots: 1 });
  await clock.advance(1_000);
  link.measure(900, 1, clock.now() - 1_000);
  await clock.advance(3_600_000);
  const leasedAtMs = clock.now();
  await clock.advance(1_000);
  link.measure(900, 1, leasedAtMs);
  expect(link.msPerTask).toBe(900);
});

test('the pace is smoothed, and samples that say nothing are left out', async () => {
  const { link } = recordedLink(clock);
  const leasedAtMs = clock.now();
  await clock.advance(400);
  link.measure(400, 4, leasedAtMs);
  await clock.advance(10);
  link.measure(0, 0, leasedAtMs);
  link.measure(500, 0, leasedAtMs);
  expect(link.msPerTask).toBe(100);
  link.measure(200, 1, leasedAtMs);
  expect(link.msPerTask).toBeCloseTo(130);
});

test('an agreement ends once, and says why', async () => {
  const { link, sent } = recordedLink(clock);
  link.end('banned', 'x'.repeat(400));
  link.end('ended', 'again');
  await clock.settle();
  expect([link.state, link.isEnded]).toEqual(['banned', true]);
  expect(sent).toEqual([{ type: 'drain', reason: 'x'.repeat(300) }]);
});
