import { sha256 as sha256Slowly } from '@noble/hashes/sha2.js';
import type { Bytes } from '../../../base/bytes.ts';
import { ownBytes } from '../../../base/bytes.ts';
import { sha256 } from '../../../base/cid.ts';

/**
 * SHA-256 of a program's whole memory: shows that a run which ended in a trap or without fuel was made
 * (docs/decisions/0008-faults-vote-with-a-witness.md).
 */
export async function memoryWitness(memory: WebAssembly.Memory): Promise<Bytes> {
  const bytes = new Uint8Array(memory.buffer);
  try {
    return await sha256(bytes);
  } catch {
    // Native hashing copies the memory first, for which there may be no room.
    return ownBytes(sha256Slowly(bytes));
  }
}
