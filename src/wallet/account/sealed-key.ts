import type { Collection } from '../../base/collection.ts';
import type { Hex } from 'viem';
import { type Bytes, fromHex, ownBytes, toHex, utf8 } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';

/** A private key encrypted at rest. */
export interface SealedKey {
  readonly iv: Bytes;
  readonly ciphertext: Bytes;
}

/** Encrypts private keys under a key that no script can read out of the browser. */
export interface KeySealer {
  /** @param label bound to the ciphertext: unsealing under another label fails */
  seal(privateKey: Hex, label: string): Promise<SealedKey>;
  /** Throws `wallet/key-unreadable` when this browser profile cannot decrypt it. */
  unseal(sealed: SealedKey, label: string): Promise<Hex>;
}

const WRAPPING_KEY = 'wrapping-key';
/** AES-GCM's standard nonce size (NIST SP 800-38D). */
const IV_BYTES = 12;

/**
 * A sealer whose AES-GCM key is made once, is not extractable, and lives in the given collection (IndexedDB).
 * It protects a copied database file, not a page whose own scripts are hostile.
 */
export async function openKeySealer(keys: Collection<CryptoKey>): Promise<KeySealer> {
  const wrapping = await oneTabAtATime('kiln-wrapping-key', async () => {
    const present = await keys.get(WRAPPING_KEY);
    if (present !== undefined) return present;
    const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ]);
    await keys.put(WRAPPING_KEY, made);
    return made;
  });
  return {
    async seal(privateKey, label) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const algorithm = { name: 'AES-GCM', iv, additionalData: utf8(label) };
      const ciphertext = await crypto.subtle.encrypt(algorithm, wrapping, fromHex(privateKey));
      return { iv, ciphertext: new Uint8Array(ciphertext) };
    },
    async unseal(sealed, label) {
      try {
        const algorithm = { name: 'AES-GCM', iv: ownBytes(sealed.iv), additionalData: utf8(label) };
        const plain = await crypto.subtle.decrypt(algorithm, wrapping, ownBytes(sealed.ciphertext));
        return `0x${toHex(new Uint8Array(plain))}`;
      } catch (cause) {
        throw new KilnError(
          'wallet/key-unreadable',
          'The stored key cannot be decrypted by this browser profile.',
          {
            cause,
            hint: 'Import the key again from a copy, or start with a new one.',
          },
        );
      }
    },
  };
}

/** Two tabs that start together must not make two wrapping keys; where there are no Web Locks there is one tab. */
function oneTabAtATime<T>(name: string, job: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  return locks === undefined ? job() : locks.request(name, job);
}
