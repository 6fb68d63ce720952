import { scrypt } from '@noble/hashes/scrypt.js';
import { expose } from 'comlink';
import type { ScryptCost } from './scrypt-thread.ts';

/** Derives a key; the memory it takes goes with the worker. */
function derive(
  passphrase: Uint8Array,
  salt: Uint8Array,
  { n, r, p, bytes }: ScryptCost,
  onProgress: (done: number) => void,
): Uint8Array {
  return scrypt(passphrase, salt, { N: n, r, p, dkLen: bytes, maxmem: 2 ** 31, onProgress });
}

export type ScryptCalls = typeof derive;

/* A second of arithmetic over a hundred megabytes would freeze the page. */
expose(derive);
