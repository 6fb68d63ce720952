import { ERRNO, fail } from '../errno.ts';
import { MAX_PATH_BYTES, MAX_VECTORS } from '../limits.ts';

const VECTOR_BYTES = 8;
const MAX_TRANSFER_BYTES = 2 ** 32 - 1;

/** Paths are UTF-8; a byte order mark is part of a name like any other. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The guest's memory as its calls see it: little-endian numbers, byte ranges, texts. Every access is checked; one that
 * leaves the memory ends the call with `EFAULT`. Addresses and lengths come as the guest gives them: signed.
 */
export class GuestMemory {
  #memory: WebAssembly.Memory | undefined;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);

  /** Until a memory is attached, every access is a fault. */
  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
  }

  /** The bytes from `at` on; they are the guest's own and valid until it runs again. */
  bytes(at: number, length: number): Uint8Array {
    const start = this.check(at, length);
    return this.#bytes.subarray(start, start + (length >>> 0));
  }

  /** The address, unsigned, when so many bytes from there on are the guest's. */
  check(at: number, length: number): number {
    // Growing the memory detaches the buffer, which leaves the old view empty.
    if (this.#bytes.byteLength === 0) this.#refresh();
    const start = at >>> 0;
    if (start + (length >>> 0) > this.#bytes.byteLength) fail(ERRNO.FAULT);
    return start;
  }

  u8(at: number): number {
    const start = this.check(at, 1);
    return this.#view.getUint8(start);
  }

  u16(at: number): number {
    const start = this.check(at, 2);
    return this.#view.getUint16(start, true);
  }

  u32(at: number): number {
    const start = this.check(at, 4);
    return this.#view.getUint32(start, true);
  }

  u64(at: number): bigint {
    const start = this.check(at, 8);
    return this.#view.getBigUint64(start, true);
  }

  setU8(at: number, value: number): void {
    const start = this.check(at, 1);
    this.#view.setUint8(start, value);
  }

  setU16(at: number, value: number): void {
    const start = this.check(at, 2);
    this.#view.setUint16(start, value, true);
  }

  setU32(at: number, value: number): void {
    const start = this.check(at, 4);
    this.#view.setUint32(start, value, true);
  }

  setU64(at: number, value: bigint): void {
    const start = this.check(at, 8);
    this.#view.setBigUint64(start, value, true);
  }

  /** A path or name: bounded, without NUL, UTF-8. */
  path(at: number, length: number): string {
    const bytes = this.bytes(at, length);
    if (bytes.byteLength > MAX_PATH_BYTES) fail(ERRNO.NAMETOOLONG);
    if (bytes.includes(0)) fail(ERRNO.INVAL);
    try {
      return decoder.decode(bytes);
    } catch (error) {
      // Whatever else it throws, such as the end of the stack, is not the guest's to see: it differs by device.
      if (error instanceof TypeError) fail(ERRNO.ILSEQ);
      throw error;
    }
  }

  /** The byte ranges of an `iovec` list, all of them checked before the first is used. */
  vectors(at: number, count: number): Uint8Array[] {
    const length = count >>> 0;
    if (length > MAX_VECTORS) fail(ERRNO.INVAL);
    const start = this.check(at, length * VECTOR_BYTES);
    const ranges: Uint8Array[] = [];
    let total = 0;
    for (let i = 0; i < length; i++) {
      const vector = start + i * VECTOR_BYTES;
      const range = this.bytes(this.u32(vector), this.u32(vector + 4));
      total += range.byteLength;
      ranges.push(range);
    }
    if (total > MAX_TRANSFER_BYTES) fail(ERRNO.INVAL);
    return ranges;
  }

  #refresh(): void {
    if (this.#memory === undefined) fail(ERRNO.FAULT);
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
  }
}
