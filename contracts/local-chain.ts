import { startAnvil } from './anvil.ts';
import { deployLocal } from './deploy/local.ts';
import { systemClock } from '../src/base/time.ts';
import type { ChainConfig } from '../src/wallet/chain/chain.ts';
import {
  type EmbeddedRecord,
  type EmbeddedWallet,
  openEmbeddedWallet,
} from '../src/wallet/account/embedded-wallet.ts';
import { PoolReader } from '../src/wallet/pool/pool-reader.ts';
import type { Collection } from '../src/base/collection.ts';
import { openKeySealer } from '../src/wallet/account/sealed-key.ts';
import type { SessionRecord, SessionStore } from '../src/wallet/session/session-key.ts';

/** Records in memory, copied like IndexedDB copies them. */
export function memoryCollection<T>(): Collection<T> {
  const map = new Map<string, T>();
  return {
    get: async (key) => structuredClone(map.get(key)),
    put: async (key, value) => void map.set(key, structuredClone(value)),
    delete: async (key) => void map.delete(key),
    entries: async (prefix = '') =>
      [...map].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

/** A real chain with the real contracts, for tests that run in Node. */
export interface LocalChain extends AsyncDisposable {
  readonly config: ChainConfig;
  readonly reader: PoolReader;
  /** A new embedded wallet with its own records. */
  newWallet(): Promise<{ readonly wallet: EmbeddedWallet; readonly sessions: SessionStore }>;
  /** Lets seconds pass on the chain. */
  pass(seconds: number): Promise<void>;
}

/** Starts anvil, deploys, and reads through the wallet's own reader. */
export async function startLocalChain(): Promise<LocalChain> {
  const anvil = await startAnvil();
  const { chainId, token, pool } = await deployLocal(anvil.rpcUrl);
  const config: ChainConfig = {
    id: chainId,
    name: 'Local chain',
    rpcUrl: anvil.rpcUrl,
    token,
    pool,
    tokenSymbol: 'tGLM',
    hasFaucet: true,
  };
  const reader = new PoolReader(config, systemClock);
  return {
    config,
    reader,
    async newWallet() {
      const sealer = await openKeySealer(memoryCollection<CryptoKey>());
      const records = memoryCollection<EmbeddedRecord>();
      const wallet = await openEmbeddedWallet({ config, records, sealer, nowMs: Date.now() });
      return { wallet, sessions: { records: memoryCollection<SessionRecord>(), sealer } };
    },
    async pass(seconds) {
      const request = reader.client.request as (call: {
        method: string;
        params: unknown[];
      }) => Promise<unknown>;
      await request({ method: 'evm_increaseTime', params: [seconds] });
      await request({ method: 'evm_mine', params: [] });
    },
    [Symbol.asyncDispose]: () => anvil.stop(),
  };
}
