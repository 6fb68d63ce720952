import { isIP } from 'node:net';
import type { Stream } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Relay, startRelay } from '../../../relay/relay.ts';
import type { KilnError } from '../../base/errors.ts';
import type { FrameStream } from '../../protocol/channel.ts';
import { newIdentitySeed } from '../../protocol/identity.ts';
import { NEGOTIATE } from '../../protocol/negotiate.ts';
import { addressOf, networkOf } from '../connections/connection-quality.ts';
import { prefixFrame } from './frame-parser.ts';
import { startTabNode, type TabNode } from '../libp2p-node.ts';
import { networkPrefix } from '../connections/network-prefix.ts';
import { parseRelayAddress } from '../relays/relay-address.ts';
import { joinMemoryPeer, type MemoryPeer } from '../testing/memory-peer.ts';

/* A peer without manners against the limits of a stream protocol, over real connections. */

let relay: Relay;
let victim: MemoryPeer;
let stranger: TabNode;
const ends: Promise<string>[] = [];
const accepted: FrameStream[] = [];

beforeAll(async () => {
  relay = await startRelay();
  victim = await joinMemoryPeer(relay.multiaddrs);
  await victim.network.handle(NEGOTIATE, (stream) => {
    accepted.push(stream);
    ends.push(endOf(stream));
  });
  const relays = relay.multiaddrs.map(parseRelayAddress);
  stranger = await startTabNode(newIdentitySeed(), relays, {});
  await stranger.dial(relays[0]!.multiaddr);
  await dialPatiently(victim.address.addresses[0]!);
});

/** Dials between Node peers hang now and then: the cure of `rtc-init-channel.ts` reaches browsers only. */
async function dialPatiently(address: string, tries = 4): Promise<void> {
  try {
    await stranger.dial(multiaddr(address));
  } catch (error) {
    if (tries === 1) throw error;
    await dialPatiently(address, tries - 1);
  }
}

afterAll(async () => {
  await stranger?.stop();
  await victim?.[Symbol.asyncDispose]();
  await relay?.stop();
});

async function endOf(stream: FrameStream): Promise<string> {
  try {
    for await (const frame of stream.frames) void frame;
    return 'ended';
  } catch (error) {
    return (error as KilnError).code;
  }
}

async function openRaw(): Promise<Stream> {
  const connection = stranger
    .getConnections()
    .find((one) => one.remotePeer.toString() === victim.identity.peer && one.limits === undefined)!;
  return connection.newStream(NEGOTIATE.id);
}

const end = () => ends.at(-1)!;

test('an oversize frame ends the stream by name', async () => {
  const stream = await openRaw();
  stream.send(prefixFrame(new Uint8Array(NEGOTIATE.maxFrameBytes + 1)));
  await expect.poll(() => ends.length).toBe(1);
  expect(await end()).toBe('network/frame-too-large');
  await expect.poll(() => stream.status).not.toBe('open');
});

test('a flood of frames is cut by its rate limit', async () => {
  const stream = await openRaw();
  for (let i = 0; i < NEGOTIATE.frameBurst + 20; i++) stream.send(prefixFrame(Uint8Array.of(1)));
  await expect.poll(() => ends.length).toBe(2);
  expect(await end()).toBe('network/too-many-frames');
});

test('a peer opens so many streams of a protocol and no more', async () => {
  await expect.poll(async () => (await Promise.allSettled(ends)).length).toBe(ends.length);
  const before = accepted.length;
  const opened: Stream[] = [];
  for (let i = 0; i < NEGOTIATE.maxStreamsPerPeer + 3; i++) {
    const stream = await openRaw().catch(() => undefined);
    if (stream !== undefined) opened.push(stream);
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(opened.filter((stream) => stream.status === 'open')).toHaveLength(NEGOTIATE.maxStreamsPerPeer);
  expect(accepted.length - before).toBe(NEGOTIATE.maxStreamsPerPeer);
  for (const stream of opened) stream.abort(new Error('done'));
  await expect.poll(async () => (await openRaw().catch(() => undefined))?.status).toBe('open');
});

test('opening streams faster than allowed is refused even when each is closed at once', async () => {
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = accepted.length;
  for (let i = 0; i < 120; i++) {
    const stream = await openRaw().catch(() => undefined);
    stream?.abort(new Error('next'));
  }
  expect(accepted.length - before).toBeLessThan(110);
});

test('what is not reachable says so', async () => {
  const address = `${relay.multiaddrs[0]}/p2p-circuit/webrtc/p2p/12D3KooWNDswaUonioPMVcM5D8PZzzQsuuvCNAMhqHQX4xFSVu3i`;
  const gone = { peer: '12D3KooWNDswaUonioPMVcM5D8PZzzQsuuvCNAMhqHQX4xFSVu3i', addresses: [address] };
  await expect(victim.network.openStream(NEGOTIATE, gone)).rejects.toMatchObject({
    code: 'network/unreachable',
  });
  const stop = AbortSignal.abort();
  await expect(victim.network.openStream(NEGOTIATE, gone, stop)).rejects.toMatchObject({
    code: 'base/aborted',
  });
  const elsewhere = {
    ...gone,
    addresses: ['/ip4/192.168.0.1/tcp/80/ws/p2p/12D3KooWNDswaUonioPMVcM5D8PZzzQsuuvCNAMhqHQX4xFSVu3i'],
  };
  await expect(victim.network.openStream(NEGOTIATE, elsewhere)).rejects.toMatchObject({
    code: 'network/unreachable',
  });
});

test('a relay address without its peer is refused with a hint', async () => {
  await expect(joinMemoryPeer(['/ip4/127.0.0.1/tcp/1/ws'])).rejects.toMatchObject({
    code: 'network/bad-relay-address',
  });
});

test('where the packets of a libp2p connection come from is read from it', async () => {
  const connections = stranger.getConnections();
  const { peer } = victim.identity;
  await expect.poll(async () => isIP((await addressOf(connections, peer)) ?? '')).toBeGreaterThan(0);
  // The machine's own address: private, or none that others see.
  const address = (await addressOf(connections, peer))!;
  expect(await networkOf(connections, peer)).toBe(networkPrefix(address));
  expect(await networkOf(connections, relay.multiaddrs[0]!.split('/').at(-1)!)).toBeUndefined();
});
