import { multiaddr } from '@multiformats/multiaddr';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startTabNode } from '../src/network/libp2p-node.ts';
import { parseRelayAddress } from '../src/network/relays/relay-address.ts';
import { joinMemoryPeer, type MemoryPeer } from '../src/network/testing/memory-peer.ts';
import { NEGOTIATE } from '../src/protocol/negotiate.ts';
import { newIdentitySeed } from '../src/protocol/identity.ts';
import { type Relay, startRelay } from './relay.ts';

/* Many peers on one address, around one relay. */

const CROWD = 20;
const DIALS = 40;

let relay: Relay;
const crowd: MemoryPeer[] = [];

beforeAll(async () => {
  relay = await startRelay();
  crowd.push(...(await joinMany(CROWD)));
});

afterAll(async () => {
  await Promise.all(crowd.map((peer) => peer[Symbol.asyncDispose]()));
  await relay?.stop();
});

function joinMany(count: number): Promise<MemoryPeer[]> {
  return Promise.all(Array.from({ length: count }, () => joinMemoryPeer(relay.multiaddrs.slice(0, 1))));
}

async function health(): Promise<{
  peers: number;
  reservations: number;
  circuits: number;
  board: { offers: number; demands: number };
}> {
  return (await (await fetch(relay.healthUrl)).json()) as Awaited<ReturnType<typeof health>>;
}

test('/healthz counts peers and places', async () => {
  expect(await health()).toMatchObject({ status: 'ok', peers: CROWD, reservations: CROWD });
  expect((await fetch(relay.healthUrl.replace('healthz', 'other'))).status).toBe(404);
});

test(`${CROWD} peers on one address all hear each other`, async () => {
  const heard = crowd.map(() => new Set<string>());
  const stops = crowd.map((peer, i) => peer.network.onDemand('wgsl', ({ signer }) => heard[i]!.add(signer)));
  // A subscription takes a moment to be known; from then on every single message must arrive.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await Promise.all(crowd.map((peer) => peer.network.publishDemand('wgsl', peer.demand({ kind: 'wgsl' }))));
  await expect
    .poll(() => heard.map((set) => set.size), { timeout: 5_000 })
    .toEqual(crowd.map(() => CROWD - 1));
  expect((await health()).board.demands).toBe(CROWD);
  for (const stop of stops) stop();
});

test('offers reach every board view, the withdrawn and the vanished leave it', async () => {
  const [watcher, polite, rude] = [crowd[0]!, crowd[1]!, await joinMemoryPeer(relay.multiaddrs)];
  await Promise.all([polite, rude].map((peer) => peer.network.putOffer(peer.offer())));
  const offers = () => watcher.network.board.value.offers.map(({ provider }) => provider).sort();
  await expect.poll(offers).toEqual([polite.identity.peer, rude.identity.peer].sort());
  const newcomer = await joinMemoryPeer(relay.multiaddrs);
  await expect.poll(() => newcomer.network.board.value.offers.length).toBe(2);
  await newcomer[Symbol.asyncDispose]();
  await polite.network.removeOffer();
  await expect.poll(offers).toEqual([rude.identity.peer]);
  await rude[Symbol.asyncDispose]();
  await expect.poll(offers).toEqual([]);
});

test(`one relay connection carries ${DIALS} dials to peers, and no circuit stays open`, async () => {
  const hub = await joinMemoryPeer(relay.multiaddrs.slice(0, 1));
  const others = [...crowd, ...(await joinMany(DIALS - CROWD))];
  await Promise.all(
    others.map(async (other) => {
      const stop = await other.network.handle(NEGOTIATE, (stream) => void stream.send(Uint8Array.of(1)));
      onTestFinished(stop);
      const stream = await hub.network.openStream(NEGOTIATE, other.address);
      const first = await stream.frames[Symbol.asyncIterator]().next();
      expect(first.value).toEqual(Uint8Array.of(1));
    }),
  );
  await expect.poll(async () => (await health()).circuits).toBe(0);
  expect(hub.network.connection.value.peers.filter(({ transport }) => transport === 'webrtc')).toHaveLength(
    DIALS,
  );
  await Promise.all([hub, ...others.slice(CROWD)].map((peer) => peer[Symbol.asyncDispose]()));
  await expect.poll(async () => (await health()).reservations).toBe(CROWD);
});

test('more than 32 circuits may be open over one relay connection', async () => {
  const ws = relay.multiaddrs.slice(0, 1).map(parseRelayAddress);
  const node = await startTabNode(newIdentitySeed(), ws, {});
  try {
    await node.dial(ws[0]!.multiaddr);
    const targets = [...crowd, ...(await joinMany(DIALS - CROWD))];
    for (const target of targets) {
      await node.dial(multiaddr(`${ws[0]!.text}/p2p-circuit/p2p/${target.identity.peer}`));
    }
    expect((await health()).circuits).toBe(DIALS);
    await Promise.all(targets.slice(CROWD).map((peer) => peer[Symbol.asyncDispose]()));
  } finally {
    await node.stop();
  }
});
