import * as dagCbor from '@ipld/dag-cbor';
import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import { describe, expect, test } from 'vitest';
import { concat, equalBytes, fromHex, toHex, utf8 } from './bytes.ts';
import {
  CHUNK_BYTES,
  chunkCid,
  chunkCidOfDigest,
  cutBlob,
  matchesCid,
  MAX_CHUNKS,
  parseChunkList,
  parseCid,
  sha256,
} from './cid.ts';
import type { KilnError } from './errors.ts';

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (error) {
    return (error as KilnError).code;
  }
}

/** A CIDv1 of any codec, hash function and digest. */
function cidOf(codec: number, hash: number, digest: Uint8Array): CID {
  return CID.createV1(codec, createDigest(hash, digest as Uint8Array<ArrayBuffer>));
}

/** `count` chunks that differ, the last of them shorter. */
function blobOf(count: number, lastBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((count - 1) * CHUNK_BYTES + lastBytes);
  for (let i = 0; i < count; i++) bytes[i * CHUNK_BYTES] = i + 1;
  return bytes;
}

test('the name of known bytes is the one that every IPFS tool gives them', async () => {
  expect(await chunkCid(utf8('hello world'))).toBe(
    'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e',
  );
  expect(toHex(await sha256(utf8('abc')))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

describe('a blob', () => {
  test('of at most a chunk is its own only piece, also when it is empty', async () => {
    for (const bytes of [new Uint8Array(0), utf8('x'), new Uint8Array(CHUNK_BYTES)]) {
      const { cid, pieces } = await cutBlob(bytes);
      expect(pieces).toEqual([{ cid, bytes }]);
      expect(cid).toMatch(/^bafk/);
    }
  });
  test('of one byte more is two chunks and the list that names them', async () => {
    const bytes = blobOf(2, 1);
    const { cid, pieces } = await cutBlob(bytes);
    expect(cid).toMatch(/^bafy/);
    expect(pieces.map((piece) => piece.bytes.byteLength).slice(0, 2)).toEqual([CHUNK_BYTES, 1]);
    expect(pieces.at(-1)!.cid).toBe(cid);
    const list = parseChunkList(pieces.at(-1)!.bytes);
    expect(list.size).toBe(CHUNK_BYTES + 1);
    expect(list.chunks.map((digest) => chunkCidOfDigest(digest))).toEqual(
      pieces.slice(0, 2).map((piece) => piece.cid),
    );
    expect(equalBytes(concat(pieces.slice(0, -1).map((piece) => piece.bytes)), bytes)).toBe(true);
  });
  test('every piece matches its own name and no other', async () => {
    const { pieces } = await cutBlob(blobOf(3, 5));
    for (const [i, { cid, bytes }] of pieces.entries()) {
      expect(await matchesCid(cid, bytes)).toBe(true);
      expect(await matchesCid(pieces[(i + 1) % pieces.length]!.cid, bytes)).toBe(false);
    }
  });
  test('larger than 4 GiB is refused before it is read', async () => {
    const huge = { byteLength: MAX_CHUNKS * CHUNK_BYTES + 1 } as Uint8Array;
    await expect(cutBlob(huge)).rejects.toMatchObject({ code: 'blob/too-large' });
  });
});

describe('the text of a CID', () => {
  const digest = new Uint8Array(32).fill(7);
  test('says whether it names a chunk or a list, and with which digest', () => {
    expect(parseCid(cidOf(0x55, 0x12, digest).toString())).toEqual({ isList: false, digest });
    expect(parseCid(cidOf(0x71, 0x12, digest).toString())).toEqual({ isList: true, digest });
  });
  test.each([
    ['', 'nothing'],
    ['not a cid', 'no CID'],
    [cidOf(0x70, 0x12, digest).toString(), 'dag-pb'],
    [cidOf(0x55, 0x13, digest).toString(), 'another hash function'],
    [cidOf(0x55, 0x00, digest).toString(), 'an identity hash: its bytes would be chosen freely'],
    [cidOf(0x55, 0x12, digest.subarray(0, 20)).toString(), 'a cut digest'],
    [cidOf(0x55, 0x12, new Uint8Array(64)).toString(), 'a digest that is too long'],
    [cidOf(0x55, 0x12, digest).toString(base58btc), 'another base: one blob would have two names'],
    [cidOf(0x55, 0x12, digest).toString().toUpperCase(), 'upper case'],
    ['QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG', 'version 0'],
    [`${cidOf(0x55, 0x12, digest).toString()}a`, 'something behind it'],
  ])('%s is refused: %s', (text) => {
    expect(codeOf(() => parseCid(text))).toBe('cid/invalid');
  });
  test('a refused text is quoted, cut', () => {
    try {
      parseCid('x'.repeat(10_000));
      expect.unreachable();
    } catch (error) {
      expect((error as KilnError).data).toEqual({ cid: 'x'.repeat(80) });
    }
  });
});

describe('a chunk list from a stranger', () => {
  const digest = new Uint8Array(32);
  const listOf = (size: unknown, chunks: unknown) => dagCbor.encode({ size, chunks });
  const digests = (count: number) => Array.from({ length: count }, () => digest);

  test('is read up to 4,096 chunks', () => {
    const list = parseChunkList(listOf(MAX_CHUNKS * CHUNK_BYTES, digests(MAX_CHUNKS)));
    expect(list.chunks.length).toBe(MAX_CHUNKS);
    expect(parseChunkList(listOf(CHUNK_BYTES + 1, digests(2))).size).toBe(CHUNK_BYTES + 1);
  });
  const hostile: readonly (readonly [string, Uint8Array])[] = [
    ['one chunk more', listOf((MAX_CHUNKS + 1) * CHUNK_BYTES, digests(MAX_CHUNKS + 1))],
    ['a single chunk: it would be a second name of that chunk', listOf(10, digests(1))],
    ['no chunk', listOf(0, [])],
    ['too large a size for its chunks', listOf(2 * CHUNK_BYTES + 1, digests(2))],
    ['too small a size for its chunks', listOf(CHUNK_BYTES, digests(2))],
    ['a negative size', listOf(-5, digests(2))],
    ['a size with a fraction', listOf(CHUNK_BYTES + 0.5, digests(2))],
    ['a size as text', listOf(`${CHUNK_BYTES + 1}`, digests(2))],
    ['no size', dagCbor.encode({ chunks: digests(2) })],
    ['a short digest', listOf(CHUNK_BYTES + 1, [digest, digest.subarray(1)])],
    ['a digest as text', listOf(CHUNK_BYTES + 1, [digest, 'x'.repeat(32)])],
    ['chunks that are no array', listOf(CHUNK_BYTES + 1, { length: 2, 0: digest, 1: digest })],
    ['null', dagCbor.encode(null)],
    ['a number', dagCbor.encode(7)],
    ['nothing', new Uint8Array(0)],
    ['garbage', fromHex('ffffffff')],
    ['something behind it', concat([listOf(CHUNK_BYTES + 1, digests(2)), Uint8Array.of(0)])],
    ['100,000 nested arrays', new Uint8Array(100_000).fill(0x81)],
  ];
  test.each(hostile)('with %s is refused', (_, bytes) => {
    expect(codeOf(() => parseChunkList(bytes))).toBe('blob/bad-list');
  });
});
