import { expect, test } from 'vitest';
import { type Bytes, ownBytes } from '../../base/bytes.ts';
import { CHUNK_BYTES, type Cid, cutBlob } from '../../base/cid.ts';
import { heldBytes } from './held-bytes.ts';

/** A store that counts what is asked of it. */
function storeOf(kept: ReadonlyMap<Cid, Bytes>) {
  let lookups = 0;
  const chunks = {
    get: async (cid: Cid) => kept.get(cid),
    has: async (cid: Cid) => (lookups++, kept.has(cid)),
  };
  return { chunks, lookups: () => lookups };
}

test('counts small blobs and the chunks of large ones', async () => {
  const small = await cutBlob(new Uint8Array(1_000).fill(1));
  const large = await cutBlob(Uint8Array.from({ length: 2.5 * CHUNK_BYTES }, (_, i) => i >> 20));
  const kept = new Map([...small.pieces, ...large.pieces].map(({ cid, bytes }) => [cid, ownBytes(bytes)]));
  const blobs = [
    { cid: small.cid, bytes: 1_000 },
    { cid: large.cid, bytes: 2.5 * CHUNK_BYTES },
  ];
  expect(await heldBytes(storeOf(kept).chunks, blobs)).toBe(1_000 + 2.5 * CHUNK_BYTES);
  kept.delete(large.pieces[0]!.cid);
  expect(await heldBytes(storeOf(kept).chunks, blobs)).toBe(1_000 + 1.5 * CHUNK_BYTES);
  kept.delete(large.cid);
  expect(await heldBytes(storeOf(kept).chunks, blobs)).toBe(1_000);
});

test('neither sizes that are not true nor CIDs that are none raise it', async () => {
  const small = await cutBlob(new Uint8Array(1_000).fill(1));
  const kept = new Map(small.pieces.map(({ cid, bytes }) => [cid, ownBytes(bytes)]));
  const blobs = [
    { cid: small.cid, bytes: Number.MAX_SAFE_INTEGER },
    { cid: 'not a cid', bytes: 5 },
  ];
  expect(await heldBytes(storeOf(kept).chunks, blobs)).toBeLessThanOrEqual(CHUNK_BYTES);
});

test('however much a demand names, few pieces are looked up', async () => {
  const large = await cutBlob(new Uint8Array(100 * CHUNK_BYTES));
  const kept = new Map(large.pieces.map(({ cid, bytes }) => [cid, ownBytes(bytes)]));
  const { chunks, lookups } = storeOf(kept);
  await heldBytes(chunks, Array(64).fill({ cid: large.cid, bytes: 100 * CHUNK_BYTES }));
  expect(lookups()).toBe(2_000);
});
