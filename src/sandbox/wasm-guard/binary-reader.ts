import { KilnError } from '../../base/errors.ts';

/** The error of a module that is cut short or malformed. */
export function malformed(what: string): KilnError {
  return new KilnError('sandbox/bad-module', `The WASM module is malformed: ${what}.`, {
    hint: 'Build it again; it must be a plain WebAssembly 1.0 binary.',
  });
}

/** Reads the binary form of WebAssembly (core specification, chapter 5), bounds-checked. */
export class BinaryReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.byteLength) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.offset >= this.end;
  }

  byte(): number {
    if (this.offset >= this.end) throw malformed('it ends too early');
    return this.bytes[this.offset++] ?? 0;
  }

  /** An unsigned LEB128 of at most 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    throw malformed('a number is too large');
  }

  skip(length: number): number {
    const start = this.offset;
    if (length > this.end - start) throw malformed('it ends too early');
    this.offset += length;
    return start;
  }

  name(): string {
    const length = this.u32();
    const start = this.skip(length);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.bytes.subarray(start, start + length));
    } catch {
      throw malformed('a name is not UTF-8');
    }
  }
}

/** One section: its id, where its id byte is, and where its content lies. */
export interface Section {
  readonly id: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

const HEADER: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** The sections of a module in order; throws `sandbox/bad-module` when header or sizes are wrong. */
export function readSections(bytes: Uint8Array): Section[] {
  if (HEADER.some((byte, i) => bytes[i] !== byte))
    throw malformed('it does not begin with the header of version 1');
  const reader = new BinaryReader(bytes, HEADER.length);
  const sections: Section[] = [];
  while (!reader.isAtEnd) {
    const start = reader.offset;
    const id = reader.byte();
    const size = reader.u32();
    const content = reader.skip(size);
    sections.push({ id, start, content, end: content + size });
  }
  return sections;
}

/** Unsigned LEB128 bytes of a number below 2³². */
export function encodeU32(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low | 0x80 : low);
  } while (value > 0);
  return bytes;
}
