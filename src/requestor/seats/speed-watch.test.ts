import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { SWEEP_INTERVAL_MS } from '../constants.ts';
import { recordedLink } from './link.fixture.ts';
import type { ProviderLink } from './provider-link.ts';
import { SpeedWatch, type SpeedWatchInit } from './speed-watch.ts';

let clock: ManualClock;
let told: string[];
beforeEach(() => {
  clock = new ManualClock();
  told = [];
});
afterEach(() => clock[Symbol.dispose]());

/** One unit a task. */
function open(more: Partial<SpeedWatchInit> = {}): SpeedWatch {
  return new SpeedWatch({
    clock,
    microUnitsPerTask: 1_000_000,
    onOverstated: (peer, text) => told.push(`${peer}: ${text}`),
    ...more,
  });
}

/** A link with work in hand that claims so much. */
function working(claimed?: number, number = 2): ProviderLink {
  const { link } = recordedLink(clock, number, { slots: 1 });
  link.claimed = claimed;
  link.leases.set('a', {
    id: 'a',
    leasedAtMs: 0,
    tasks: new Map([[0, { deadlineAtMs: Number.MAX_SAFE_INTEGER, isCommitted: false }]]),
  });
  return link;
}

/** So many sweeps, with so many results in each. */
async function work(watch: SpeedWatch, link: ProviderLink, sweeps: number, results: number) {
  const reasons = new Set<string | undefined>();
  for (let i = 0; i < sweeps; i++) {
    await clock.advance(SWEEP_INTERVAL_MS);
    link.executions += results;
    reasons.add(watch.review(link));
  }
  return [...reasons];
}

test('a claim far above what is seen is told once, and bounds what is leased from then on', async () => {
  const watch = open();
  const link = working(20_000_000);
  link.msPerTask = 1;
  expect(await work(watch, link, 60, 1)).toEqual([undefined]);
  expect(told).toEqual([`${link.peer}: it does 1 × the reference, its benchmark says 20 ×`]);
  expect(watch.believedOf(link.peer)).toBeCloseTo(1_000_000, -4);
  expect(link.msPerTask).toBeGreaterThan(900);
  const next = working(20_000_000);
  watch.review(next);
  expect(next.msPerTask).toBeGreaterThan(900);
});
test('an honest one is left alone, and so is one that idles between its tasks', async () => {
  const watch = open();
  const honest = working(5_000_000);
  await work(watch, honest, 60, 1);
  const idle = working(20_000_000, 3);
  idle.executions = 1;
  idle.leases.clear();
  await work(watch, idle, 600, 0);
  expect([told, watch.believedOf(honest.peer), watch.believedOf(idle.peer)]).toEqual([
    [],
    undefined,
    undefined,
  ]);
});
test('a pause of the requestor is not held against anybody', async () => {
  const watch = open({ needed: 1_000_000 });
  const link = working();
  await work(watch, link, 20, 1);
  await clock.advance(3_600_000);
  expect(await work(watch, link, 60, 1)).toEqual([undefined]);
});
test('who is too slow is ended with the reason, and refused when it comes back', async () => {
  const watch = open({ needed: 5_000_000 });
  const link = working();
  const reasons = await work(watch, link, 40, 1);
  expect(reasons).toEqual([undefined, 'Too slow: it does 1 × the reference, the job asks for 5 ×.']);
  expect(watch.tooSlow(link.peer)).toBe('it does 1 × the reference, the job asks for 5 ×');
  expect(watch.tooSlow('somebody else')).toBeUndefined();
});
test('who leaves before it is judged and comes back goes on where it was', async () => {
  const watch = open();
  await work(watch, working(50_000_000), 20, 1);
  expect(told).toEqual([]);
  const second = working(50_000_000);
  Object.defineProperty(second, 'digest', { value: 'another agreement' });
  await work(watch, second, 15, 1);
  expect(told).toHaveLength(1);
});
