import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockState, readPorts } from './local-state.ts';
import { serve } from './serve.ts';
import { nextFreePort, startStack } from './stack.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'kiln-stack-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function call(rpcUrl: string, method: string, params: readonly unknown[]): Promise<string> {
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return ((await response.json()) as { result: string }).result;
}

test('starts chain, relay and app, and keeps them over a restart', async () => {
  const dist = join(directory, 'dist');
  mkdirSync(dist);
  writeFileSync(join(dist, 'index.html'), 'Kiln');
  const options = { stateDirectory: join(directory, 'state'), directory: dist };

  const first = await startStack(options);
  const config = (await (await fetch(`${first.url}network.json`)).json()) as typeof first.config;
  expect(config).toEqual(first.config);
  expect(await call(config.chain.rpcUrl, 'eth_getCode', [config.chain.pool, 'latest'])).toMatch(
    /^0x[0-9a-f]{100}/,
  );
  expect((await fetch(first.healthUrl)).ok).toBe(true);
  await call(config.chain.rpcUrl, 'anvil_mine', ['0x5']);
  const height = await call(config.chain.rpcUrl, 'eth_blockNumber', []);
  await first[Symbol.asyncDispose]();
  await expect(fetch(first.url)).rejects.toThrow();
  await expect(fetch(config.chain.rpcUrl)).rejects.toThrow();

  await using second = await startStack(options);
  expect(second.config.chain).toEqual(first.config.chain);
  // libp2p gives up the UDP port of WebRTC-direct only with its process, so here it is another one.
  expect(second.config.relays[0]).toBe(first.config.relays[0]);
  expect(await call(config.chain.rpcUrl, 'eth_blockNumber', [])).toBe(height);
});

test('takes the next port when the wished one is in use', async () => {
  await using server = await serve({ directory });
  expect(await nextFreePort(server.port)).toBeGreaterThan(server.port);
});

test('forgets damaged ports', () => {
  writeFileSync(join(directory, 'ports.json'), '{"rpc": "x", "relayWs": 70000, "relayWebrtc": 4001}');
  expect(readPorts(directory)).toEqual({ relayWebrtc: 4001 });
  writeFileSync(join(directory, 'ports.json'), '{');
  expect(readPorts(directory)).toEqual({});
});

test('one process per state folder', () => {
  writeFileSync(join(directory, 'running.json'), JSON.stringify({ pid: process.ppid }));
  expect(() => lockState(directory)).toThrow('already runs');
  writeFileSync(join(directory, 'running.json'), JSON.stringify({ pid: 2 ** 30 }));
  lockState(directory)();
  expect(readPorts(directory)).toEqual({});
});
