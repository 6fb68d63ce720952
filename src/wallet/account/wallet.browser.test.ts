import { openDB } from 'idb';
import { announceProvider } from 'mipd';
import { afterEach, describe, expect, it } from 'vitest';
import { watchInjectedWallets } from './injected-wallets.ts';
import type { Collection } from '../../base/collection.ts';
import { type KeySealer, openKeySealer, type SealedKey } from './sealed-key.ts';

const PRIVATE_KEY = `0x${'5e'.repeat(32)}` as const;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Records of a real IndexedDB database, as another tab or a reload would open it. */
async function records<T>(name: string): Promise<Collection<T>> {
  const db = await openDB(name, 1, { upgrade: (made) => void made.createObjectStore('records') });
  closers.push(() => db.close());
  return {
    get: (key) => db.get('records', key) as Promise<T | undefined>,
    put: async (key, value) => void (await db.put('records', value, key)),
    delete: (key) => db.delete('records', key),
    entries: async () => [],
  };
}

describe('the wrapping key in this browser', () => {
  it('survives in IndexedDB without being readable, and opens what it sealed', async () => {
    const name = `wallet-${crypto.randomUUID()}`;
    const first = await openKeySealer(await records<CryptoKey>(name));
    const boxes = await records<SealedKey>(name);
    await boxes.put('sealed', await first.seal(PRIVATE_KEY, 'a'));

    const keys = await records<CryptoKey>(name);
    const stored = await keys.get('wrapping-key');
    expect(stored).toBeInstanceOf(CryptoKey);
    await expect(crypto.subtle.exportKey('raw', stored!)).rejects.toThrow();
    const later = await openKeySealer(keys);
    expect(await later.unseal((await boxes.get('sealed'))!, 'a')).toBe(PRIVATE_KEY);
  });

  it('is one key when several tabs start at once', async () => {
    const name = `wallet-${crypto.randomUUID()}`;
    const opened = Array.from({ length: 5 }, async () => openKeySealer(await records<CryptoKey>(name)));
    const sealers: KeySealer[] = await Promise.all(opened);
    const sealed = await sealers[0]!.seal(PRIVATE_KEY, 'a');
    for (const sealer of sealers) expect(await sealer.unseal(sealed, 'a')).toBe(PRIVATE_KEY);
  });
});

describe('injected wallets in this page', () => {
  const provider = { request: async () => null };
  const announce = (rdns: string) =>
    announceProvider({
      info: { uuid: crypto.randomUUID(), name: rdns, rdns, icon: 'data:image/png;base64,AAAA' },
      provider: provider as never,
    });

  it('are found when they came before the watch, and when they come later', () => {
    const early = announce('org.early');
    const injected = watchInjectedWallets();
    expect(injected.wallets.value.map(({ id }) => id)).toEqual(['org.early']);
    const seen: string[][] = [];
    injected.wallets.subscribe((wallets) => seen.push(wallets.map(({ id }) => id)));
    const late = announce('org.late');
    expect(seen.at(-1)).toEqual(['org.early', 'org.late']);
    injected.stop();
    const ignored = announce('org.ignored');
    expect(injected.wallets.value.map(({ id }) => id)).not.toContain('org.ignored');
    for (const stop of [early, late, ignored]) stop?.();
  });
});
