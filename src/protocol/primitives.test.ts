import * as fc from 'fast-check';
import { base32 } from 'multiformats/bases/base32';
import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { ownBytes } from '../base/bytes.ts';
import { parseCid } from '../base/cid.ts';
import { cidSchema, timeSchema } from './primitives.ts';

const DIGEST_BYTES = 32;
const digests = fc.uint8Array({ minLength: DIGEST_BYTES, maxLength: DIGEST_BYTES });

function isParsed(text: string): boolean {
  try {
    parseCid(text);
    return true;
  } catch {
    return false;
  }
}

test('every CID that Kiln makes fits the pattern', () => {
  fc.assert(
    fc.property(digests, fc.constantFrom(0x55, 0x71), (digest, codec) => {
      const text = CID.createV1(codec, createDigest(0x12, ownBytes(digest))).toString();
      expect(v.is(cidSchema, text)).toBe(true);
      expect(isParsed(text)).toBe(true);
    }),
  );
});

test('the pattern and the parser agree on bytes that are nearly a CID', () => {
  const heads = fc.constantFrom(
    [1, 0x55, 0x12, 32],
    [1, 0x70, 0x12, 32],
    [1, 0x71, 0x12, 32],
    [1, 0x55, 0x13, 32],
    [1, 0x55, 0x12, 31],
    [2, 0x55, 0x12, 32],
    [0x12, 32],
  );
  fc.assert(
    fc.property(heads, digests, fc.integer({ min: 30, max: 34 }), (head, digest, length) => {
      const text = base32.encode(Uint8Array.from([...head, ...digest, 0, 0].slice(0, head.length + length)));
      expect(v.is(cidSchema, text), text).toBe(isParsed(text));
    }),
  );
});

test('the pattern and the parser agree on texts one letter away from a CID', () => {
  const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789AZ ='];
  fc.assert(
    fc.property(digests, fc.nat(58), fc.constantFrom(...letters), (digest, at, letter) => {
      const sound = CID.createV1(0x55, createDigest(0x12, ownBytes(digest))).toString();
      const text = `${sound.slice(0, at)}${letter}${sound.slice(at + 1)}`;
      expect(v.is(cidSchema, text), text).toBe(isParsed(text));
    }),
    { numRuns: 500 },
  );
});

test('every time that is taken can be shown', () => {
  const last = 8_640_000_000_000_000;
  expect(new Date(v.parse(timeSchema, last)).toISOString()).toBe('+275760-09-13T00:00:00.000Z');
  for (const wrong of [last + 1, Number.MAX_SAFE_INTEGER, -1, 0.5])
    expect(v.safeParse(timeSchema, wrong).success).toBe(false);
});
