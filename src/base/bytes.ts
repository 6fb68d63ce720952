/** Bytes that own a plain ArrayBuffer, as WebCrypto, WebGPU and IndexedDB want them. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** UTF-8 bytes of a text. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** The text of UTF-8 bytes; throws a TypeError when they are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Lower-case hexadecimal, without a prefix. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Bytes of a hexadecimal text with or without `0x`; throws a RangeError on anything else. */
export function fromHex(text: string): Bytes {
  const start = text.startsWith('0x') ? 2 : 0;
  const bytes = new Uint8Array((text.length - start) >> 1);
  let wrong = text.length & 1;
  for (let i = 0, at = start; i < bytes.length; i++, at += 2) {
    const value = (digitAt(text, at) << 4) | digitAt(text, at + 1);
    wrong |= value >> 8;
    bytes[i] = value;
  }
  if (wrong !== 0) throw new RangeError('not hexadecimal');
  return bytes;
}

/** Values of hexadecimal digits by character code; all else is too large for a digit. */
const DIGITS = new Uint16Array(128).fill(0x100);
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  DIGITS[digit.charCodeAt(0)] = value;
  DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
}

function digitAt(text: string, at: number): number {
  return DIGITS[text.charCodeAt(at)] ?? 0x100;
}

/** All parts after one another, in new memory. */
export function concat(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

/** Same length, same bytes. Not constant-time: never for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
}

/** The same bytes on a plain ArrayBuffer; copies only when they are not on one already. */
export function ownBytes(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : new Uint8Array(bytes);
}

/** A copy that owns exactly its bytes, so that its buffer can be transferred. */
export function copyBytes(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}
