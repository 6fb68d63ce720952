import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startAnvil } from './anvil.ts';
import { deployLocal } from './deploy/local.ts';

describe('the local chain', () => {
  it('keeps its state between runs, so that it is deployed to once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kiln-anvil-'));
    const stateFile = join(folder, 'chain.json');
    try {
      const first = await startAnvil({ stateFile });
      const deployment = await deployLocal(first.rpcUrl);
      expect(deployment.chainId).toBe(31_337);
      const blocks = await blockNumber(first.rpcUrl);
      await first.stop();

      const second = await startAnvil({ stateFile });
      expect(await deployLocal(second.rpcUrl)).toEqual(deployment);
      expect(await blockNumber(second.rpcUrl)).toBe(blocks);
      await second.stop();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 30_000);

  it('is gone after stop, which may be called twice', async () => {
    const chain = await startAnvil();
    await chain.stop();
    await chain.stop();
    await expect(blockNumber(chain.rpcUrl)).rejects.toThrow();
  }, 30_000);

  it('says so when its port is taken', async () => {
    const chain = await startAnvil();
    const port = Number(new URL(chain.rpcUrl).port);
    await expect(startAnvil({ port })).rejects.toThrow('anvil did not start');
    await chain.stop();
  }, 30_000);
});

async function blockNumber(rpcUrl: string): Promise<number> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] });
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return Number(((await response.json()) as { result: string }).result);
}
