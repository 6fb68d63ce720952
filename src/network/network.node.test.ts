import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Kiln } from '../kiln/kiln.ts';
import type { ProviderNetwork } from '../provider/slices.ts';
import type { RequestorNetwork } from '../requestor/slices.ts';
import { NEGOTIATE } from '../protocol/negotiate.ts';
import { seal } from '../protocol/envelope.ts';
import { identityFromSeed, newIdentitySeed } from '../protocol/identity.ts';
import { createNetwork, type Network } from './create-network.ts';
import { sampleOffer } from './testing/samples.ts';
import { joinMemoryPeer, MemoryChunks } from './testing/memory-peer.ts';
import { type RelayProcess, startRelayProcess } from '../../relay/relay-process.ts';

let relays: RelayProcess[];

beforeAll(async () => {
  relays = await Promise.all([startRelayProcess(), startRelayProcess()]);
});

afterAll(async () => {
  await Promise.all(relays.map((relay) => relay.kill()));
});

const offersOn = async (relay: RelayProcess) =>
  ((await (await fetch(relay.healthUrl)).json()) as { board: { offers: number } }).board.offers;

test('a network is what the roles and the composition ask for', async () => {
  const peer = await joinMemoryPeer(relays[0]!.multiaddrs);
  const slices = (
    network: Network,
  ): [ProviderNetwork, RequestorNetwork, Pick<Kiln, 'connection' | 'board'>] => [network, network, network];
  for (const slice of slices(peer.network)) expect(slice).toBe(peer.network);
  await peer[Symbol.asyncDispose]();
});

test('with two relays a peer has an address and its offer on both, and outlives one of them', async () => {
  const all = relays.flatMap((relay) => relay.multiaddrs);
  const [provider, other] = await Promise.all([joinMemoryPeer(all), joinMemoryPeer(all)]);
  const named = () =>
    relays.map((relay) => provider.network.addresses().some((address) => address.includes(relay.peer)));
  await expect.poll(named, { timeout: 5_000 }).toEqual([true, true]);
  await provider.network.putOffer(provider.offer());
  await expect.poll(() => Promise.all(relays.map(offersOn))).toEqual([1, 1]);
  await provider.network.handle(NEGOTIATE, (stream) => void stream.send(Uint8Array.of(1)));
  const before = provider.address.addresses;

  await relays[0]!.kill();
  await expect.poll(named).toEqual([false, true]);
  expect(provider.network.connection.value.state).toBe('online');
  const stream = await other.network.openStream(NEGOTIATE, {
    peer: provider.identity.peer,
    addresses: before,
  });
  expect((await stream.frames[Symbol.asyncIterator]().next()).value).toEqual(Uint8Array.of(1));
  await Promise.all([provider, other].map((peer) => peer[Symbol.asyncDispose]()));
});

test('an offer put up while no relay is there goes up when one is, and comes down with its peer', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kiln-offer-'));
  const keyFile = join(folder, 'keys.json');
  const first = await startRelayProcess({ keyFile });
  const address = first.multiaddrs[0]!;
  await first.kill();
  const seed = newIdentitySeed();
  const identity = identityFromSeed(seed);
  const network = await createNetwork({ identitySeed: seed, relays: [address], chunks: new MemoryChunks() });
  expect(network.addresses()).toEqual([]);
  await network.putOffer(seal(identity, 'kiln/offer/1', sampleOffer(identity, Date.now())));
  const second = await startRelayProcess({ keyFile, wsPort: Number(/tcp\/(\d+)/.exec(address)![1]) });
  await network.whenOnline(AbortSignal.timeout(15_000));
  await expect.poll(() => offersOn(second), { timeout: 5_000 }).toBe(1);
  await network[Symbol.asyncDispose]();
  await expect.poll(() => offersOn(second)).toBe(0);
  await second.kill();
  await rm(folder, { recursive: true });
});

test('a protocol is handled by one handler at a time', async () => {
  const peer = await joinMemoryPeer(relays[1]!.multiaddrs);
  const unhandle = await peer.network.handle(NEGOTIATE, () => {});
  await expect(peer.network.handle(NEGOTIATE, () => {})).rejects.toMatchObject({
    code: 'network/already-handled',
  });
  await unhandle();
  await (
    await peer.network.handle(NEGOTIATE, () => {})
  )();
  await peer[Symbol.asyncDispose]();
});
