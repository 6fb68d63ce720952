import { deleteDB, openDB } from 'idb';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { cdp } from 'vitest/browser';
import { openStore } from './idb-store.ts';

const MIB = 1_048_576;
const LIMIT_BYTES = 24 * MIB;
/** Chromium remembers how much room there is while a site's databases are open, and for this long after. */
const LIMIT_CACHE_MS = 2_500;
const name = 'kiln-test-disk-full';
const fullError = expect.objectContaining({ code: 'storage/disk-full' });

interface QuotaSession {
  send(
    method: 'Storage.overrideQuotaForOrigin',
    options: { origin: string; quotaSize?: number },
  ): Promise<void>;
}
const session = cdp() as unknown as QuotaSession;

/** Resolves true when the browser refuses what is larger than the limit. */
async function isLimited(): Promise<boolean> {
  const database = await openDB(name, 1, { upgrade: (upgraded) => void upgraded.createObjectStore('probe') });
  const write = database.put('probe', new Uint8Array(LIMIT_BYTES + MIB), 'probe');
  const isRefused = await write.then(
    () => false,
    () => true,
  );
  database.close();
  await deleteDB(name);
  return isRefused;
}

const noise = () => {
  const bytes = new Uint8Array(MIB);
  for (let i = 0; i < MIB; i += 65_536) crypto.getRandomValues(bytes.subarray(i, i + 65_536));
  return bytes;
};

beforeAll(async () => {
  await session.send('Storage.overrideQuotaForOrigin', { origin: location.origin, quotaSize: LIMIT_BYTES });
  await vi.waitUntil(isLimited, { interval: LIMIT_CACHE_MS, timeout: 30_000 });
});
afterEach(() => deleteDB(name));
afterAll(() => session.send('Storage.overrideQuotaForOrigin', { origin: location.origin }));

test('evicts and goes on when the browser has less room than our quota', async () => {
  await using store = await openStore({ name, quotaBytes: 1_000 * MIB });
  for (let i = 0; i < 60; i++) await store.chunks.put(`piece-${i}`, noise());
  expect(await store.chunks.has('piece-59')).toBe(true);
  expect(await store.chunks.has('piece-0')).toBe(false);
  expect(await store.chunks.usedBytes()).toBeLessThan(LIMIT_BYTES);
});

test('says so when nothing can be evicted, for chunks and records', async () => {
  await using store = await openStore({ name, quotaBytes: 1_000 * MIB });
  const big = new Uint8Array(LIMIT_BYTES + MIB);
  await expect(store.chunks.put('big', big)).rejects.toThrow(fullError);
  expect(await store.chunks.has('big')).toBe(false);
  expect(await store.chunks.usedBytes()).toBe(0);
  await expect(store.collection('results').put('big', big)).rejects.toThrow(fullError);
});
