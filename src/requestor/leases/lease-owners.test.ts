import { expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { recordedLink } from '../seats/link.fixture.ts';
import { LeaseOwners } from './lease-owners.ts';

test('a lease is remembered while it is in hand or may be judged, and forgotten after', () => {
  using clock = new ManualClock();
  const { link } = recordedLink(clock);
  const judged = new Set<number>();
  const owners = new LeaseOwners((_, task) => !judged.has(task));
  const place = { deadlineAtMs: 0, isCommitted: false };
  for (let i = 0; i < 10_000; i++) {
    const id = `l${i}`;
    // The first is in hand for ever, the second is never judged; all others are over at once.
    if (i === 0) link.leases.set(id, { id, leasedAtMs: 0, tasks: new Map([[i, place]]) });
    if (i !== 1) judged.add(i);
    owners.add(id, link, [i, 0]);
    expect(owners.get(id)).toBe(link);
  }
  expect(owners.size).toBeLessThanOrEqual(2_000);
  expect([owners.get('l0'), owners.get('l1'), owners.get('l2')]).toEqual([link, link, undefined]);
});

test('nothing is forgotten while all of it is open', () => {
  using clock = new ManualClock();
  const { link } = recordedLink(clock);
  const owners = new LeaseOwners(() => true);
  for (let i = 0; i < 5_000; i++) owners.add(`l${i}`, link, [i]);
  expect(owners.size).toBe(5_000);
});

test('only tasks of the lease itself are its own, each once', () => {
  using clock = new ManualClock();
  const owners = new LeaseOwners(() => true);
  owners.add('l', recordedLink(clock).link, [3, 4, 5]);
  expect(owners.covers('l', [5, 3])).toBe(true);
  expect(owners.covers('l', [3, 3])).toBe(false);
  expect(owners.covers('l', [3, 6])).toBe(false);
  expect(owners.covers('other', [3])).toBe(false);
});
