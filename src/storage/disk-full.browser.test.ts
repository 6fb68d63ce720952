import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cdp } from 'vitest/browser';
import { openStore } from './idb-store.ts';

const MIB = 1_048_576;
const { origin } = location;
const name = 'kiln-test-disk-full';
const fullError = expect.objectContaining({ code: 'storage/disk-full' });

interface QuotaSession {
  send(
    method: 'Storage.overrideQuotaForOrigin',
    options: { origin: string; quotaSize?: number },
  ): Promise<void>;
}

/** The browser's own limit for this site; undefined gives the normal one back. */
async function limitDisk(quotaSize?: number): Promise<void> {
  const session = cdp() as unknown as QuotaSession;
  await session.send('Storage.overrideQuotaForOrigin', {
    origin,
    ...(quotaSize === undefined ? {} : { quotaSize }),
  });
}

const noise = () => {
  const bytes = new Uint8Array(MIB);
  for (let i = 0; i < MIB; i += 65_536) crypto.getRandomValues(bytes.subarray(i, i + 65_536));
  return bytes;
};

beforeEach(() => deleteDB(name));
afterEach(async () => {
  await limitDisk();
  await deleteDB(name);
});

test('evicts and goes on when the browser has less room than our quota', async () => {
  await limitDisk(24 * MIB);
  await using store = await openStore({ name, quotaBytes: 1_000 * MIB });
  for (let i = 0; i < 60; i++) await store.chunks.put(`piece-${i}`, noise());
  expect(await store.chunks.has('piece-59')).toBe(true);
  expect(await store.chunks.has('piece-0')).toBe(false);
  expect(await store.chunks.usedBytes()).toBeLessThan(24 * MIB);
});

test('says so when nothing can be evicted, for chunks and records', async () => {
  await limitDisk(2 * MIB);
  await using store = await openStore({ name, quotaBytes: 1_000 * MIB });
  const big = new Uint8Array(8 * MIB);
  await expect(store.chunks.put('big', big)).rejects.toThrow(fullError);
  expect(await store.chunks.has('big')).toBe(false);
  expect(await store.chunks.usedBytes()).toBe(0);
  await expect(store.collection('results').put('big', big)).rejects.toThrow(fullError);
});
