import { cutShort, malformed, tooMany } from '../refusals.ts';

/** Reads the binary format (core specification, chapter 5), bounds-checked; every error names the byte it stands at. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at = 0;
  /** No read goes past this; a section or a function narrows it. */
  end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.end = bytes.byteLength;
  }

  byte(): number {
    if (this.at >= this.end) throw cutShort(this.at);
    return this.bytes[this.at++]!;
  }

  /** An unsigned LEB128 of 32 bits (core specification 5.2.2). */
  u32(): number {
    const first = this.byte();
    return first < 0x80 ? first : this.#longU32(first & 0x7f);
  }

  #longU32(low: number): number {
    let value = low;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.byte();
    if (last > 0x0f) throw malformed('a number has more than 32 bits', this.at - 1);
    return value + last * 2 ** 28;
  }

  /** A count of things that take at least one byte each, of which a module may have at most so many. */
  count(what: string, atMost: number): number {
    const at = this.at;
    const count = this.u32();
    if (count > atMost) throw tooMany(what, count, atMost, at);
    return count;
  }

  /** Steps over a signed LEB128 of at most so many bytes; whether its padding is right the engine checks. */
  skipLeb(mostBytes: number): void {
    for (let left = mostBytes; left > 0; left--) if (this.byte() < 0x80) return;
    throw malformed('a number is too long', this.at);
  }

  /** Steps over bytes and says where they began. */
  skip(length: number): number {
    const start = this.at;
    if (length > this.end - start) throw cutShort(this.end);
    this.at += length;
    return start;
  }

  /** The bytes of a name; the engine checks that they are UTF-8. */
  name(): Uint8Array {
    const length = this.u32();
    const start = this.skip(length);
    return this.bytes.subarray(start, start + length);
  }
}
