import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, copyBytes, equalBytes, fromHex, fromUtf8, ownBytes, toHex, utf8 } from './bytes.ts';

describe('hexadecimal', () => {
  test('goes there and back, with and without a prefix, in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = toHex(bytes);
        expect(text).toMatch(/^([0-9a-f]{2})*$/);
        expect(fromHex(text)).toEqual(bytes);
        expect(fromHex(`0x${text.toUpperCase()}`)).toEqual(bytes);
      }),
    );
  });
  test.each(['a', '0x0', 'zz', '0X00', ' 00', '0x 0', '-1', '00\n'])('%j is refused', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
  });
});

describe('text', () => {
  test('goes there and back', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (text) => fromUtf8(utf8(text)) === text));
    for (const text of ['Zażółć', '火', '👩‍🚀', '\u0000']) expect(fromUtf8(utf8(text))).toBe(text);
  });
  test('bytes that are not UTF-8 are refused, never repaired', () => {
    for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80]])
      expect(() => fromUtf8(Uint8Array.from(bytes))).toThrow(TypeError);
  });
});

test('parts are joined in order, in memory of their own', () => {
  const part = Uint8Array.of(1, 2);
  const whole = concat([part, new Uint8Array(0), Uint8Array.of(3)]);
  part[0] = 9;
  expect(whole).toEqual(Uint8Array.of(1, 2, 3));
  expect(concat([])).toEqual(new Uint8Array(0));
});

test('equality sees every byte and the length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (bytes, at) => {
      const other = Uint8Array.from(bytes);
      expect(equalBytes(bytes, other)).toBe(true);
      other[at % other.length]! ^= 1;
      expect(equalBytes(bytes, other)).toBe(false);
      expect(equalBytes(bytes, bytes.subarray(1))).toBe(false);
    }),
  );
});

test('own bytes stay where they are; shared memory is copied', () => {
  const plain = Uint8Array.of(1, 2, 3);
  expect(ownBytes(plain)).toBe(plain);
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set([1, 2, 3]);
  const own = ownBytes(shared);
  expect(own.buffer).toBeInstanceOf(ArrayBuffer);
  expect(own).toEqual(plain);
});

test('a copy owns exactly its bytes, so that it can be transferred', () => {
  const view = Uint8Array.of(1, 2, 3, 4).subarray(1, 3);
  const copy = copyBytes(view);
  expect(copy.buffer.byteLength).toBe(2);
  structuredClone(copy, { transfer: [copy.buffer] });
  expect([copy.byteLength, view.byteLength]).toEqual([0, 2]);
});
