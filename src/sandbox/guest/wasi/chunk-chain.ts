import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, ownBytes, utf8 } from '../../../base/bytes.ts';

/** What the chain begins with, instead of a digest before it. */
const SEED = sha256(utf8('kiln/chunk/1'));
/** Marks of what follows inside a chunk. */
const WRITE = 1;
const END = new Uint8Array(1);

/**
 * Digests of a reactor's chunks, each of which holds the one before it: of two runs that differ, the first differing
 * digest names the step where they parted (docs/decisions/0007-reactor-chunks.md).
 *
 * digest(i) = SHA-256(digest(i − 1) ‖ i ‖ for each write: 1, path length, path, offset, length, bytes ‖ 0, fuel used so
 * far). Numbers are unsigned, little-endian: lengths of paths 32 bits, all others 64; the marks 1 and 0 are one byte.
 * What comes before the first step (the start function, `_initialize`, `init`) is part of chunk 0.
 */
export class ChunkChain {
  readonly #bytes = new Uint8Array(8);
  readonly #view = new DataView(this.#bytes.buffer);
  #digest = SEED;
  #count = 0;
  #open = this.#begin();

  /** Chunks that were closed. */
  get count(): number {
    return this.#count;
  }

  /** The digest of the last closed chunk, or what the chain begins with. */
  get digest(): Bytes {
    return ownBytes(this.#digest);
  }

  /** Takes in bytes that the guest wrote to a file, or to `stdout`, at this offset. */
  write(path: string, offset: number, bytes: Uint8Array): void {
    const name = utf8(path);
    const head = new Uint8Array(5 + name.byteLength + 16);
    const view = new DataView(head.buffer);
    head[0] = WRITE;
    view.setUint32(1, name.byteLength, true);
    head.set(name, 5);
    view.setBigUint64(5 + name.byteLength, BigInt(offset), true);
    view.setBigUint64(13 + name.byteLength, BigInt(bytes.byteLength), true);
    this.#open.update(head).update(bytes);
  }

  /** Ends the chunk of a step; its digest. */
  close(fuelUsed: number): Bytes {
    this.#digest = this.#open.update(END).update(this.#number(fuelUsed)).digest();
    this.#count++;
    this.#open = this.#begin();
    return this.digest;
  }

  #begin() {
    return sha256.create().update(this.#digest).update(this.#number(this.#count));
  }

  /** A number as it is hashed; valid until the next one. */
  #number(value: number): Uint8Array {
    this.#view.setUint32(0, value >>> 0, true);
    this.#view.setUint32(4, Math.floor(value / 2 ** 32), true);
    return this.#bytes;
  }
}
