import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startRelayProcess } from '../../relay/relay-process.ts';
import { DIST } from '../../scripts/build.ts';
import { submitExample, waitForOffers } from '../../scripts/demo/requestor-tab.ts';
import type { KilnWindow } from '../../scripts/demo/tab.ts';
import { serve } from '../../scripts/serve.ts';
import { startStack } from '../../scripts/stack.ts';
import { Scope } from '../../src/base/scope.ts';
import { waitForEnd, waitForJob } from './fixtures/job.ts';
import { openLender } from './fixtures/lend.ts';
import { openMarket } from './fixtures/market.ts';
import { expectSettled } from './fixtures/money.ts';
import { expectTrueSweep, SWEEP, sweepOf } from './fixtures/sweep.ts';
import { type Tab, waitUntilOnline } from './fixtures/tab.ts';

const OFFERS_TIMEOUT_MS = 40_000;
/** A socket that closes is noticed at once; a node that looks for its relay again may be seen for a moment. */
const OFFLINE_TIMEOUT_MS = 30_000;

test('tabs finish their job without the relay, and find it again when it is back', async () => {
  await using scope = new Scope();
  const directory = await mkdtemp(join(tmpdir(), 'kiln-relay-'));
  scope.add(() => rm(directory, { recursive: true, force: true }));
  const keyFile = join(directory, 'relay-keys.json');
  let relay = await startRelayProcess({ keyFile });
  scope.add(() => relay.stop());
  const { multiaddrs } = relay;
  await using market = await openMarket(() => groundAround(multiaddrs));
  const [requestor, ...lenders] = await Promise.all([
    market.openTab('requestor'),
    openLender(market, 'first'),
    openLender(market, 'second'),
  ]);
  const tabs = [requestor, ...lenders.map(({ tab }) => tab)];
  await waitForOffers(requestor, 2, OFFERS_TIMEOUT_MS);

  const settings = sweepOf(24, 1_500);
  const first = await submitExample(requestor, SWEEP, { ...settings }, 2);
  await waitForJob(requestor, first.job, ({ verified }) => verified >= 2);
  await relay.stop();
  expect((await waitForJob(requestor, first.job, () => true)).status).toBe('running');
  await Promise.all(tabs.map(waitUntilOffline));
  expect(await waitForEnd(requestor, first.job)).toMatchObject({ verified: 24, rejected: [] });
  await expectTrueSweep(requestor, first.job, settings);
  await expectSettled(market, requestor, first.job, lenders);

  const ports = { wsPort: Number(portOf(multiaddrs, 'tcp')), webrtcPort: Number(portOf(multiaddrs, 'udp')) };
  relay = await startRelayProcess({ keyFile, ...ports });
  expect(relay.multiaddrs).toEqual(multiaddrs);
  await Promise.all(tabs.map(waitUntilOnline));
  await waitForOffers(requestor, 2, OFFERS_TIMEOUT_MS);
  const later = sweepOf(16, 200);
  const second = await submitExample(requestor, SWEEP, { ...later }, 2);
  expect(await waitForEnd(requestor, second.job)).toMatchObject({ verified: 16, rejected: [] });
  await expectTrueSweep(requestor, second.job, later);
});

/** The usual chain, and the app with a relay of the test's own. */
async function groundAround(relays: readonly string[]) {
  const scope = new Scope();
  const stack = await startStack();
  scope.add(() => stack[Symbol.asyncDispose]());
  const config = { ...stack.config, relays };
  const server = await serve({ directory: DIST, extra: { 'network.json': JSON.stringify(config) } });
  scope.add(() => server[Symbol.asyncDispose]());
  return { url: server.url, config, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

function portOf(multiaddrs: readonly string[], transport: 'tcp' | 'udp'): string {
  const ports = multiaddrs.flatMap((address) => new RegExp(`/${transport}/(\\d+)`).exec(address)?.[1] ?? []);
  return ports[0]!;
}

async function waitUntilOffline({ page }: Tab): Promise<void> {
  await page.waitForFunction(
    () => (globalThis as unknown as KilnWindow).kiln!.connection.value.state !== 'online',
    undefined,
    { timeout: OFFLINE_TIMEOUT_MS },
  );
}
