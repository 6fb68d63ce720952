import { expect, test } from 'vitest';
import { hasCode } from '../../base/errors.ts';
import { readNetworkConfig } from './start-state.svelte.ts';
import { SAMPLE_CONFIG } from '../test/sample-views.ts';

function served(body: unknown, type = 'application/json'): URL {
  return new URL(URL.createObjectURL(new Blob([JSON.stringify(body)], { type })));
}

async function codeOf(url: URL): Promise<string> {
  const thrown: unknown = await readNetworkConfig(url).then(
    () => undefined,
    (error: unknown) => error,
  );
  const codes = ['app/no-network-config', 'app/bad-network-config'];
  return codes.find((code) => hasCode(thrown, code)) ?? String(thrown);
}

test('reads a sound configuration', async () => {
  expect(await readNetworkConfig(served(SAMPLE_CONFIG))).toEqual(SAMPLE_CONFIG);
  const redeeming = { ...SAMPLE_CONFIG, redeemRelay: SAMPLE_CONFIG.relays[0] };
  expect(await readNetworkConfig(served(redeeming))).toEqual(redeeming);
  const reaching = { ...SAMPLE_CONFIG, stunServers: ['stun:stun.example.org:3478'] };
  expect(await readNetworkConfig(served(reaching))).toEqual(reaching);
});

test('a page in place of the file is a missing file', async () => {
  expect(await codeOf(served('<!doctype html>', 'text/html'))).toBe('app/no-network-config');
});

test.each([
  [{ ...SAMPLE_CONFIG, relays: ['ws://relay'] }],
  [{ ...SAMPLE_CONFIG, redeemRelay: 'https://relay.example' }],
  [{ ...SAMPLE_CONFIG, chain: { ...SAMPLE_CONFIG.chain, pool: '0x12' } }],
  [{ ...SAMPLE_CONFIG, stunServers: ['https://stun.example.org'] }],
  [{ relays: [] }],
])('names what is wrong', async (config) => {
  expect(await codeOf(served(config))).toBe('app/bad-network-config');
});
