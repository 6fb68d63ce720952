import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Relay, startRelay } from '../../../relay/relay.ts';
import { SILENCE_LIMIT_MS } from '../../protocol/constants.ts';
import { startRelayProcess } from '../../../relay/relay-process.ts';
import { startTabs, type Tab, type TabHarness } from './harness.node.ts';

/* Joining again and again, and outliving a relay. */

const JOINS = 50;
/** Half a minute on a quiet machine. */
const JOINS_TIMEOUT_MS = 180_000;

let folder: string;
let relay: Relay;
let tabs: TabHarness;
let requestor: Tab;
let requestorAt: { peer: string; addresses: string[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-relay-'));
  [relay, tabs] = await Promise.all([startRelay(), startTabs()]);
  requestor = await tabs.openTab();
  const joined = await requestor.call('join', [...relay.multiaddrs]);
  requestorAt = { peer: joined.peer, addresses: [...joined.addresses] };
  await requestor.call('echo');
});

afterAll(async () => {
  await tabs?.stop();
  await relay?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function health(): Promise<{ peers: number; reservations: number; circuits: number }> {
  return (await fetch(relay.healthUrl)).json() as Promise<{
    peers: number;
    reservations: number;
    circuits: number;
  }>;
}

test(
  `${JOINS} joins in a row reach the requestor over WebRTC, each at the first try`,
  async () => {
    const provider = await tabs.openTab();
    const times: number[] = [];
    for (let i = 0; i < JOINS; i++) {
      await provider.call('join', [...relay.multiaddrs]);
      times.push(await provider.call('roundTrip', requestorAt.peer, requestorAt.addresses));
      await provider.call('leave');
    }
    times.sort((a, b) => a - b);
    console.log(
      `${JOINS} dials: p50 ${times[JOINS / 2]!.toFixed(0)} ms, slowest ${times.at(-1)!.toFixed(0)} ms`,
    );
    expect(times.at(-1)).toBeLessThan(5_000);
    await provider.close();
    await expect.poll(health, { timeout: 10_000 }).toMatchObject({ peers: 1, reservations: 1, circuits: 0 });
  },
  JOINS_TIMEOUT_MS,
);

test('streams notice at once when their peer leaves its page', async () => {
  const watcher = await tabs.openTab();
  const leaver = await tabs.openTab();
  await watcher.call('join', [...relay.multiaddrs]);
  const { peer, addresses } = await leaver.call('join', [...relay.multiaddrs]);
  await leaver.call('echo');
  await watcher.call('watchStream', peer, [...addresses]);
  const startedAt = Date.now();
  await leaver.page.goto('about:blank');
  expect(await watcher.call('watched')).toBe('network/stream-broken');
  console.log(`noticed after ${Date.now() - startedAt} ms`);
  expect(Date.now() - startedAt).toBeLessThan(2_000);
  await Promise.all([watcher.close(), leaver.close()]);
});

test('streams notice a killed tab before the silence limit of the work stream', async () => {
  const watcher = await tabs.openTab();
  const victim = await tabs.openTab();
  await watcher.call('join', [...relay.multiaddrs]);
  const { peer, addresses } = await victim.call('join', [...relay.multiaddrs]);
  await victim.call('echo');
  await watcher.call('watchStream', peer, [...addresses]);
  const startedAt = Date.now();
  await victim.close();
  expect(await watcher.call('watched')).toBe('network/stream-broken');
  console.log(`noticed after ${Date.now() - startedAt} ms`);
  expect(Date.now() - startedAt).toBeLessThan(SILENCE_LIMIT_MS);
  await watcher.close();
});

test('a relay that was killed and comes back gets its tabs, their places and their demands back', async () => {
  const keyFile = join(folder, 'other-keys.json');
  const first = await startRelayProcess({ keyFile });
  const ports = first.multiaddrs.map((address) => Number(/\/(?:tcp|udp)\/(\d+)\//.exec(address)![1]));
  const announcer = await tabs.openTab();
  const listener = await tabs.openTab();
  const { peer } = await announcer.call('join', [...first.multiaddrs]);
  await listener.call('join', [...first.multiaddrs]);
  await announcer.call('echo');
  await listener.call('listen');
  await first.kill();
  await expect.poll(async () => (await listener.call('connection')).state).toBe('offline');
  const second = await startRelayProcess({ keyFile, wsPort: ports[0]!, webrtcPort: ports[1]! });
  try {
    expect(second.multiaddrs).toEqual(first.multiaddrs);
    const startedAt = Date.now();
    for (const tab of [listener, announcer]) {
      await expect.poll(async () => (await tab.call('connection')).state, { timeout: 30_000 }).toBe('online');
    }
    console.log(`online again after ${Date.now() - startedAt} ms`);
    await announcer.call('announce', 'after the restart');
    await expect.poll(() => listener.call('heard'), { timeout: 15_000 }).toContain('after the restart');
    const newcomer = await tabs.openTab();
    await newcomer.call('join', [...second.multiaddrs]);
    await newcomer.call('roundTrip', peer, [...(await announcer.call('addresses'))]);
    await Promise.all([newcomer.close(), listener.close(), announcer.close()]);
  } finally {
    await second.kill();
  }
});

test('a tab that only knows the WebRTC-direct address joins all the same', async () => {
  const provider = await tabs.openTab();
  const direct = relay.multiaddrs.filter((address) => address.includes('webrtc-direct'));
  await provider.call('join', direct);
  await provider.call('roundTrip', requestorAt.peer, []);
  await provider.close();
});

test('a tab that is busy for 20 seconds keeps its relay and its streams', async () => {
  const busy = await tabs.openTab();
  await busy.call('join', [...relay.multiaddrs]);
  await busy.call('watchStream', requestorAt.peer, requestorAt.addresses);
  const before = await busy.call('connection');
  await busy.call('block', 20_000);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const state = await Promise.race([busy.call('watched'), Promise.resolve('still open')]);
  expect(state).toBe('still open');
  expect(await busy.call('connection')).toEqual(before);
  await busy.close();
});

test('closed RTCPeerConnections are collected before Chrome counts 500 of them', async () => {
  const tab = await tabs.openTab();
  const before = await tab.call('burnConnections', 120);
  await expect
    .poll(async () => {
      await tab.call('collect');
      return (await tab.call('rtc')).alive;
    })
    .toBeLessThan(before / 2);
  await tab.close();
});
