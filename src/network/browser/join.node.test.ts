import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Relay, startRelay } from '../../../relay/relay.ts';
import { networkPrefix } from '../connections/network-prefix.ts';
import { startConeRouter } from './cone-router.node.ts';
import { startTabs, type Tab, type TabHarness } from './harness.node.ts';

let relay: Relay;
let tabs: TabHarness;
let provider: Tab;
let requestor: Tab;
let requestorAt: { peer: string; addresses: string[] };

beforeAll(async () => {
  [relay, tabs] = await Promise.all([startRelay(), startTabs()]);
  [provider, requestor] = await Promise.all([tabs.openTab(), tabs.openTab()]);
  const [joined] = await Promise.all([
    requestor.call('join', [...relay.multiaddrs]),
    provider.call('join', [...relay.multiaddrs]),
  ]);
  requestorAt = { peer: joined.peer, addresses: [...joined.addresses] };
  await requestor.call('echo');
}, 60_000);

afterAll(async () => {
  await tabs?.stop();
  await relay?.stop();
});

test('two tabs exchange frames over WebRTC, and the circuit that signalled it is closed', async () => {
  await provider.call('roundTrip', requestorAt.peer, requestorAt.addresses);
  await expect
    .poll(
      async () =>
        (await provider.call('connection')).peers.find(({ peer }) => peer === requestorAt.peer)?.transport,
    )
    .toBe('webrtc');
});

test('each knows how it reaches the other: how far, and that nobody is in between', async () => {
  const { peer } = await provider.call('connection');
  for (const quality of [
    await provider.call('connectionTo', requestorAt.peer),
    await requestor.call('connectionTo', peer),
  ]) {
    expect(quality?.isRelayed).toBe(false);
    expect(quality?.rttMs).toBeGreaterThanOrEqual(0);
  }
  expect(await provider.call('connectionTo', '12D3KooWNobody')).toBeUndefined();
  // Tabs on one machine: what is private, or hidden by an mDNS name, is no network.
  expect(await requestor.call('networkOf', peer)).toBeUndefined();
});

test('behind a router, the address that its STUN server tells is the one that others see', async () => {
  const own = Object.values(networkInterfaces()).flat();
  const address = own.find((one) => one?.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.1';
  const router = await startConeRouter(address);
  const [near, far] = await Promise.all([tabs.openTab(), tabs.openTab()]);
  await Promise.all([near, far].map((tab) => tab.call('ignoreNames')));
  const [at, from] = await Promise.all(
    [near, far].map((tab) => tab.call('join', [...relay.multiaddrs], undefined, [router.stunUrl])),
  );
  await near.call('echo');
  await far.call('roundTrip', at!.peer, [...at!.addresses]);
  await expect.poll(() => near.call('seen')).toEqual([address]);
  expect(await near.call('networkOf', from!.peer)).toBe(networkPrefix(address));
  await Promise.all([near.close(), far.close()]);
  router.stop();
});

test('a demand announced by one tab is heard by the other', async () => {
  await provider.call('listen');
  await expect
    .poll(
      async () => {
        await requestor.call('announce', `demand ${Date.now()}`);
        return (await provider.call('heard')).length;
      },
      { interval: 500, timeout: 10_000 },
    )
    .toBeGreaterThan(0);
});

test('8 MiB arrive with the bytes they left with', async () => {
  const { cid, digest } = await requestor.call('offerBlob', 8 * 1_048_576 + 17);
  const fetched = await provider.call('fetchBlob', cid, [requestorAt]);
  console.log(`8 MiB in ${fetched.ms.toFixed(0)} ms`);
  expect(fetched.digest).toBe(digest);
});

test('64 MiB show what a warm connection carries', async () => {
  const { cid, digest } = await requestor.call('offerBlob', 64 * 1_048_576);
  const fetched = await provider.call('fetchBlob', cid, [requestorAt]);
  console.log(`64 MiB in ${fetched.ms.toFixed(0)} ms: ${(64_000 / fetched.ms).toFixed(1)} MiB/s`);
  expect(fetched.digest).toBe(digest);
});

test('two tabs that dial each other at the same moment both get through', async () => {
  const pair = await Promise.all([tabs.openTab(), tabs.openTab()]);
  for (let round = 0; round < 5; round++) {
    const joined = await Promise.all(pair.map((tab) => tab.call('join', [...relay.multiaddrs])));
    await Promise.all(pair.map((tab) => tab.call('echo')));
    await Promise.all(
      pair.map((tab, i) => tab.call('roundTrip', joined[1 - i]!.peer, [...joined[1 - i]!.addresses])),
    );
    await Promise.all(pair.map((tab) => tab.call('leave')));
  }
  await Promise.all(pair.map((tab) => tab.close()));
});
