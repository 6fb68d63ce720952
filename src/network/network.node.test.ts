import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Relay, startRelay } from '../../relay/relay.ts';
import type { Kiln } from '../kiln/kiln.ts';
import type { ProviderNetwork } from '../provider/slices.ts';
import type { RequestorNetwork } from '../requestor/slices.ts';
import { NEGOTIATE } from '../protocol/negotiate.ts';
import type { Network } from './create-network.ts';
import { joinMemoryPeer } from './testing/memory-peer.ts';

let relays: Relay[];

beforeAll(async () => {
  relays = await Promise.all([startRelay(), startRelay()]);
});

afterAll(async () => {
  await Promise.all(relays.map((relay) => relay.stop()));
});

const offersOn = async (relay: Relay) =>
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

  await relays[0]!.stop();
  await expect.poll(named).toEqual([false, true]);
  expect(provider.network.connection.value.state).toBe('online');
  const stream = await other.network.openStream(NEGOTIATE, {
    peer: provider.identity.peer,
    addresses: before,
  });
  expect((await stream.frames[Symbol.asyncIterator]().next()).value).toEqual(Uint8Array.of(1));
  await Promise.all([provider, other].map((peer) => peer[Symbol.asyncDispose]()));
});

test('an offer put up while no relay is there goes up when one is', async () => {
  const relay = relays[1]!;
  const peer = await joinMemoryPeer([...relay.multiaddrs]);
  await peer.network.putOffer(peer.offer());
  await expect.poll(() => offersOn(relay)).toBe(1);
  await peer[Symbol.asyncDispose]();
  await expect.poll(() => offersOn(relay)).toBe(0);
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
