import { describe, expect, it } from 'vitest';
import { hasCode } from '../../base/errors.ts';
import type { Collection } from '../../base/collection.ts';
import { openKeySealer } from './sealed-key.ts';

const PRIVATE_KEY = `0x${'5e'.repeat(32)}` as const;

function keyStore(): Collection<CryptoKey> & { readonly map: Map<string, CryptoKey> } {
  const map = new Map<string, CryptoKey>();
  return {
    map,
    get: async (key) => map.get(key),
    put: async (key, value) => void map.set(key, value),
    delete: async (key) => void map.delete(key),
    entries: async () => [...map],
  };
}

describe('a sealed key', () => {
  it('opens again after a reload, with the stored wrapping key', async () => {
    const keys = keyStore();
    const sealed = await (await openKeySealer(keys)).seal(PRIVATE_KEY, 'a');
    expect(await (await openKeySealer(keys)).unseal(sealed, 'a')).toBe(PRIVATE_KEY);
  });

  it('is wrapped by a key that no script can read', async () => {
    const keys = keyStore();
    await openKeySealer(keys);
    const [wrapping] = keys.map.values();
    expect(wrapping!.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('raw', wrapping!)).rejects.toThrow();
  });

  it('does not show the private key, and never looks the same twice', async () => {
    const sealer = await openKeySealer(keyStore());
    const [one, two] = [await sealer.seal(PRIVATE_KEY, 'a'), await sealer.seal(PRIVATE_KEY, 'a')];
    expect(one.ciphertext.subarray(0, 32)).not.toEqual(new Uint8Array(32).fill(0x5e));
    expect(one.ciphertext).not.toEqual(two.ciphertext);
  });

  it.each(['another label', 'a changed byte', 'another browser'])('does not open with %s', async (change) => {
    const sealer = await openKeySealer(keyStore());
    const sealed = await sealer.seal(PRIVATE_KEY, 'a');
    if (change === 'a changed byte') sealed.ciphertext[3]! ^= 1;
    const opener = change === 'another browser' ? await openKeySealer(keyStore()) : sealer;
    const label = change === 'another label' ? 'b' : 'a';
    await expect(opener.unseal(sealed, label)).rejects.toSatisfy((e) => hasCode(e, 'wallet/key-unreadable'));
  });
});
