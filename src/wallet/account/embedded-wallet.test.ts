import { describe, expect, it } from 'vitest';
import { hasCode } from '../../base/errors.ts';
import {
  type EmbeddedRecord,
  importEmbeddedWallet,
  listKeptWallets,
  openEmbeddedWallet,
  restoreKeptWallet,
} from './embedded-wallet.ts';
import type { Collection } from '../../base/collection.ts';
import { openKeySealer } from './sealed-key.ts';

function memory<T>(): Collection<T> {
  const map = new Map<string, T>();
  return {
    get: async (key) => map.get(key),
    put: async (key, value) => void map.set(key, value),
    delete: async (key) => void map.delete(key),
    entries: async (prefix = '') => [...map].filter(([key]) => key.startsWith(prefix)),
  };
}

const ZERO = `0x${'00'.repeat(20)}` as const;
const config = {
  id: 31_337,
  name: 'Local chain',
  rpcUrl: 'http://127.0.0.1:1',
  token: ZERO,
  pool: ZERO,
  tokenSymbol: 'tGLM',
  hasFaucet: false,
};

async function init() {
  const sealer = await openKeySealer(memory<CryptoKey>());
  return { config, records: memory<EmbeddedRecord>(), sealer, nowMs: 1 };
}

describe('the embedded wallet', () => {
  it('is made once and the same after a reload', async () => {
    const given = await init();
    const made = await openEmbeddedWallet(given);
    expect((await openEmbeddedWallet(given)).address).toBe(made.address);
    expect((await openEmbeddedWallet(await init())).address).not.toBe(made.address);
  });

  it('moves to another browser by its exported key', async () => {
    const made = await openEmbeddedWallet(await init());
    const elsewhere = await init();
    const key = (await made.exportKey()).slice(2);
    expect((await importEmbeddedWallet(elsewhere, ` ${key} `)).address).toBe(made.address);
    expect((await openEmbeddedWallet(elsewhere)).address).toBe(made.address);
  });

  it('keeps what an import replaces, and takes it up again', async () => {
    const given = await init();
    const { address } = await openEmbeddedWallet(given);
    const imported = await importEmbeddedWallet(given, `0x${'4c'.repeat(32)}`);
    expect(await listKeptWallets(given.records)).toEqual([address]);
    expect((await restoreKeptWallet(given, address)).address).toBe(address);
    expect((await openEmbeddedWallet(given)).address).toBe(address);
    expect(await listKeptWallets(given.records)).toEqual([imported.address]);
    const unknown = restoreKeptWallet(given, ZERO);
    await expect(unknown).rejects.toSatisfy((e) => hasCode(e, 'wallet/unknown'));
  });

  it.each(['', '0x12', 'g'.repeat(64), '0'.repeat(64), 'f'.repeat(64)])(
    'refuses %j as a key, keeping the old',
    async (key) => {
      const given = await init();
      const { address } = await openEmbeddedWallet(given);
      await expect(importEmbeddedWallet(given, key)).rejects.toSatisfy((e) => hasCode(e, 'wallet/bad-key'));
      expect((await openEmbeddedWallet(given)).address).toBe(address);
    },
  );

  it('names an unreachable chain', async () => {
    const wallet = await openEmbeddedWallet(await init());
    await expect(wallet.send({ to: ZERO, data: '0x', action: 'try' })).rejects.toSatisfy((e) =>
      hasCode(e, 'wallet/chain-unreachable'),
    );
  });
});
