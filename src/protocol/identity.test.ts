import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { concat, fromHex, utf8 } from '../base/bytes.ts';
import { identityFromSeed, isSignedBy, newIdentitySeed, peerIdOfPublicKey } from './identity.ts';
import { identityOf } from './messages.fixture.ts';
import { peerIdSchema } from './primitives.ts';

/** Order of the base point of Ed25519. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
/** The eight points of small order: encodings of RFC 8032 form (Chalkias et al., "Taming the many EdDSAs", table 1). */
const SMALL_ORDER_KEYS = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
];
/** The neutral point again, its y coordinate written as p + 1; and y = 1 with the sign of a zero x. */
const NON_CANONICAL_KEYS = [
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

const message = utf8('what was said');

function littleEndian(number: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn));
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

describe('a peer id', () => {
  // Written by @libp2p/crypto 5.1 and @libp2p/peer-id 6.0 for these seeds.
  test.each([
    [new Uint8Array(32).fill(0), '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'],
    [new Uint8Array(32).fill(1), '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'],
    [new Uint8Array(32).fill(7), '12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7'],
    [new Uint8Array(32).fill(255), '12D3KooWHoSyTgntm77sXShoeX9uNkqKNMhHxKtskaHqnA54SrSG'],
    [Uint8Array.from({ length: 32 }, (_, i) => i), '12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB'],
  ])('is the one that libp2p gives the same seed', (seed, peer) => {
    expect(identityFromSeed(seed).peer).toBe(peer);
  });
  test('of any key fits the schema of peer ids', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) =>
        v.is(peerIdSchema, peerIdOfPublicKey(key)),
      ),
    );
  });
  test.each([0, 31, 33, 64])('is not made of %i bytes', (length) => {
    expect(() => peerIdOfPublicKey(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'identity/bad-key', data: { bytes: length } }),
    );
  });
  test('is new for every new seed', () => {
    expect(newIdentitySeed()).toHaveLength(32);
    expect(newIdentitySeed()).not.toEqual(newIdentitySeed());
  });
});

describe('a signature', () => {
  const { publicKey, sign } = identityOf(1);
  const signature = sign(message);

  test('holds for its message and key alone', () => {
    expect(isSignedBy(publicKey, message, signature)).toBe(true);
    expect(isSignedBy(identityOf(2).publicKey, message, signature)).toBe(false);
    expect(isSignedBy(publicKey, utf8('what was not said'), signature)).toBe(false);
    expect(isSignedBy(publicKey, new Uint8Array(0), signature)).toBe(false);
  });
  test('does not hold with any bit changed', () => {
    for (let bit = 0; bit < 512; bit += 5) {
      const other = Uint8Array.from(signature);
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(isSignedBy(publicKey, message, other)).toBe(false);
    }
  });
  test('of a wrong length is false, not an error', () => {
    for (const length of [0, 63, 65])
      expect(isSignedBy(publicKey, message, new Uint8Array(length))).toBe(false);
    for (const length of [0, 31, 33])
      expect(isSignedBy(new Uint8Array(length), message, signature)).toBe(false);
  });
  test('has one form only: the same S plus the order of the group is refused', () => {
    const s = fromLittleEndian(signature.subarray(32));
    const other = concat([signature.subarray(0, 32), littleEndian(s + ORDER)]);
    expect(isSignedBy(publicKey, message, other)).toBe(false);
  });
  test.each(SMALL_ORDER_KEYS)('by the small-order key %s is refused: it would fit every message', (key) => {
    const points = [...SMALL_ORDER_KEYS, ...NON_CANONICAL_KEYS].map((point) => fromHex(point));
    const forged = points.map((point) => concat([point, new Uint8Array(32)]));
    const holds = (strict: boolean) =>
      forged.some((one) => {
        try {
          return ed25519.verify(one, message, fromHex(key), { zip215: !strict });
        } catch {
          return false;
        }
      });
    // Under the lenient rules such a forgery does hold: this is the attack, not a broken test.
    expect(holds(false)).toBe(true);
    for (const one of forged) expect(isSignedBy(fromHex(key), message, one)).toBe(false);
  });
  test.each(NON_CANONICAL_KEYS)('by the non-canonical key %s is refused', (key) => {
    for (const point of [...SMALL_ORDER_KEYS, key])
      expect(isSignedBy(fromHex(key), message, concat([fromHex(point), new Uint8Array(32)]))).toBe(false);
  });
});
