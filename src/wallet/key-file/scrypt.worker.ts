import { scrypt } from '@noble/hashes/scrypt.js';
import { expose } from 'comlink';

/** What a derivation costs (RFC 7914): 128 · n · r bytes of memory, p times. */
export interface ScryptCost {
  readonly n: number;
  readonly r: number;
  readonly p: number;
  /** Length of the key. */
  readonly bytes: number;
}

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
