import { expect, test } from 'vitest';
import type { Demand } from '../../protocol/announce.ts';
import type { Opened } from '../../protocol/envelope.ts';
import { identityFromSeed, newIdentitySeed } from '../../protocol/identity.ts';
import { DemandFeed } from './demand-feed.ts';
import { heldClock } from '../testing/held-clock.ts';
import { sampleDemand } from '../testing/samples.ts';

const identity = identityFromSeed(newIdentitySeed());

function opened(digest: string, expiresAt = 0): Opened<Demand> {
  const message = sampleDemand(identity, 0, { expiresAt });
  return { message, signer: identity.peer, digest, envelope: {} as Opened<Demand>['envelope'] };
}

test('each handler gets each announcement once, and repeated ones with a new digest again', () => {
  const feed = new DemandFeed(heldClock());
  const first: string[] = [];
  const second: string[] = [];
  feed.listen('wasi', ({ digest }) => first.push(digest));
  feed.deliver(opened('a'));
  const stop = feed.listen('wasi', ({ digest }) => second.push(digest));
  for (const digest of ['a', 'b', 'b', 'a']) feed.deliver(opened(digest));
  stop();
  feed.deliver(opened('c'));
  expect(first).toEqual(['a', 'b', 'c']);
  expect(second).toEqual(['a', 'b']);
});

test('what is remembered stays bounded', () => {
  const clock = heldClock();
  const feed = new DemandFeed(clock);
  let count = 0;
  feed.listen('wasi', () => count++);
  for (let i = 0; i < 10_000; i++) feed.deliver(opened(`digest ${i}`, clock.now() + 1_000_000));
  feed.deliver(opened('digest 9999'));
  expect(count).toBe(10_000);
  feed.deliver(opened('digest 0'));
  expect(count).toBe(10_001);
});
