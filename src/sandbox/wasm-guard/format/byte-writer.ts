import type { Bytes } from '../../../base/bytes.ts';
import { grewTooLarge } from '../refusals.ts';

/** Bytes of a number whose value is filled in later: enough for 2³⁴ signed and 2³² unsigned. */
const PADDED_BYTES = 5;

/** The one growing buffer that a rewritten module is written into. */
export class ByteWriter {
  length = 0;
  #bytes: Bytes;
  readonly #limitBytes: number;

  constructor(sizeHint: number, limitBytes: number) {
    this.#bytes = new Uint8Array(Math.min(sizeHint, limitBytes));
    this.#limitBytes = limitBytes;
  }

  /** What was written, in a buffer of exactly its size: one that is sent elsewhere goes whole. */
  finish(): Bytes {
    return this.#bytes.slice(0, this.length);
  }

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = value;
  }

  two(first: number, second: number): void {
    this.byte(first);
    this.byte(second);
  }

  /** An unsigned LEB128 (core specification 5.2.2). */
  u32(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** An opcode and its index. */
  indexed(opcode: number, index: number): void {
    this.byte(opcode);
    this.u32(index);
  }

  append(bytes: Uint8Array): void {
    this.copy(bytes, 0, bytes.length);
  }

  /** Part of other bytes. */
  copy(from: Uint8Array, start: number, end: number): void {
    const count = end - start;
    if (this.length + count > this.#bytes.length) this.#grow(count);
    const to = this.#bytes;
    let at = this.length;
    // A subarray costs more than a few bytes copied one by one.
    if (count < 16) for (let i = start; i < end; i++) to[at++] = from[i]!;
    else to.set(count === from.length ? from : from.subarray(start, end), at);
    this.length += count;
  }

  /** Room for a number that is not known yet; the place to hand to {@link fill}. */
  reserve(): number {
    const at = this.length;
    if (at + PADDED_BYTES > this.#bytes.length) this.#grow(PADDED_BYTES);
    this.length += PADDED_BYTES;
    return at;
  }

  /** Writes a number of at most 32 bits into its reserved room, as a LEB128 with padding; the same signed or not. */
  fill(at: number, value: number): void {
    let rest = value;
    for (let i = 0; i < PADDED_BYTES - 1; i++) {
      this.#bytes[at + i] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[at + PADDED_BYTES - 1] = rest;
  }

  /** Replaces one byte that was written before. */
  patch(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  #grow(by: number): void {
    const needed = this.length + by;
    if (needed > this.#limitBytes) throw grewTooLarge(this.#limitBytes);
    const larger = new Uint8Array(Math.min(this.#limitBytes, Math.max(needed, 2 * this.#bytes.length)));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
