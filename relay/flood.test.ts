import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { chunkCidOfDigest } from '../src/base/cid.ts';
import { startTabNode, type TabNode } from '../src/network/libp2p-node.ts';
import { parseRelayAddress } from '../src/network/relays/relay-address.ts';
import { joinMemoryPeer, type MemoryPeer } from '../src/network/testing/memory-peer.ts';
import { sampleDemand } from '../src/network/testing/samples.ts';
import { demandTopic } from '../src/protocol/announce.ts';
import { ANNOUNCEMENT_BURST } from '../src/protocol/constants.ts';
import { encodeEnvelope, seal } from '../src/protocol/envelope.ts';
import { identityFromSeed, newIdentitySeed } from '../src/protocol/identity.ts';
import { type Relay, startRelay } from './relay.ts';

/* What a hostile neighbour can do to the demands of others. */

const SPAM = 440;

let relay: Relay;
let listener: MemoryPeer;
let honest: MemoryPeer;
const heard: string[] = [];

beforeAll(async () => {
  relay = await startRelay();
  [listener, honest] = await Promise.all([
    joinMemoryPeer(relay.multiaddrs),
    joinMemoryPeer(relay.multiaddrs),
  ]);
  listener.network.onDemand('wasi', ({ message }) => heard.push(message.name));
});

// A test that is tried again must not hear its first attempt.
beforeEach(() => void (heard.length = 0));

afterAll(async () => {
  await Promise.all([listener, honest].map((peer) => peer?.[Symbol.asyncDispose]()));
  await relay?.stop();
});

/** A node without Kiln's manners. */
async function joinRaw(seed: Uint8Array): Promise<TabNode> {
  const relays = relay.multiaddrs.slice(0, 1).map(parseRelayAddress);
  const node = await startTabNode(seed, relays, {});
  await node.dial(relays[0]!.multiaddr);
  await expect.poll(() => node.services.pubsub.getSubscribers(demandTopic('wasi')).length).toBeGreaterThan(0);
  return node;
}

function job(index: number): string {
  return chunkCidOfDigest(new Uint8Array(32).fill(index % 256, index >> 8));
}

test(`of ${SPAM} valid demands at once only the burst is forwarded, and then the peer is silenced`, async () => {
  const seed = newIdentitySeed();
  const identity = identityFromSeed(seed);
  const node = await joinRaw(seed);
  try {
    for (let i = 0; i < SPAM; i++) {
      const demand = sampleDemand(identity, Date.now(), { name: `flood ${i}`, job: job(i) });
      const bytes = encodeEnvelope(seal(identity, 'kiln/demand/1', demand));
      await node.services.pubsub.publish(demandTopic('wasi'), bytes);
    }
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(ANNOUNCEMENT_BURST);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    console.log(`${heard.length} of ${SPAM} came through`);
    expect(heard.length).toBeLessThanOrEqual(ANNOUNCEMENT_BURST * 2);
  } finally {
    await node.stop();
  }
});

test('garbage is not forwarded, and its sender is silenced for valid demands too', async () => {
  const seed = newIdentitySeed();
  const identity = identityFromSeed(seed);
  const node = await joinRaw(seed);
  try {
    for (let i = 0; i < 10; i++) {
      await node.services.pubsub.publish(demandTopic('wasi'), crypto.getRandomValues(new Uint8Array(500)));
    }
    // Scores are reckoned once a second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const demand = sampleDemand(identity, Date.now(), { name: 'after the garbage' });
    await node.services.pubsub.publish(
      demandTopic('wasi'),
      encodeEnvelope(seal(identity, 'kiln/demand/1', demand)),
    );
    await honest.network.publishDemand('wasi', honest.demand({ name: 'honest' }));
    await expect.poll(() => heard, { timeout: 5_000 }).toContain('honest');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(heard).not.toContain('after the garbage');
  } finally {
    await node.stop();
  }
});

test('a demand that its own publisher got wrong is refused at home', async () => {
  const late = honest.demand({ expiresAt: Date.now() - 1 });
  await expect(honest.network.publishDemand('wasi', late)).rejects.toMatchObject({
    code: 'announce/expired',
  });
});

test('repeated announcements of one job reach a handler once each; a late handler gets them from the board', async () => {
  const seen: string[] = [];
  const first = honest.demand({ name: 'first', job: job(300) });
  await honest.network.publishDemand('wasi', first);
  await honest.network.publishDemand('wasi', first);
  await expect.poll(() => heard.filter((name) => name === 'first').length, { timeout: 5_000 }).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await honest.network.publishDemand('wasi', honest.demand({ name: 'second', job: job(300) }));
  await expect.poll(() => heard.filter((name) => name === 'second').length, { timeout: 5_000 }).toBe(1);
  const stop = listener.network.onDemand('wasi', ({ message }) => seen.push(message.name));
  await expect.poll(() => seen, { timeout: 5_000 }).toContain('second');
  expect(seen).not.toContain('first');
  stop();
});

test('a requestor that has much to announce is never silenced: the newest of each job gets through in time', async () => {
  const busy = await joinMemoryPeer(relay.multiaddrs);
  const rounds = 60;
  for (let i = 0; i < rounds; i++) {
    await busy.network.publishDemand(
      'wasi',
      busy.demand({ name: `round ${i}`, job: job(400), issuedAt: Date.now() + i }),
    );
  }
  await expect.poll(() => heard, { timeout: 10_000 }).toContain(`round ${rounds - 1}`);
  await busy[Symbol.asyncDispose]();
});
