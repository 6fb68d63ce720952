import { CHUNK_BYTES, chunkCidOfDigest, type Cid, parseChunkList, parseCid } from '../../base/cid.ts';
import type { ChunkStore } from './blob-types.ts';

/** Pieces looked up for one question; a stranger's demand may name 64 blobs of 4,096 chunks each. */
const MAX_LOOKUPS = 2_000;

/**
 * How many bytes of these blobs are in the store. What a stranger says of their sizes counts at most; of very large ones
 * only the beginning is looked up, so that the answer may be too low, never too high. Unreadable CIDs count nothing.
 */
export async function heldBytes(
  chunks: Pick<ChunkStore, 'get' | 'has'>,
  blobs: readonly { readonly cid: Cid; readonly bytes: number }[],
): Promise<number> {
  let lookups = 0;
  let total = 0;
  for (const { cid, bytes } of blobs) {
    const pieces = await piecesOf(chunks, cid, bytes).catch(() => []);
    let held = 0;
    for (const piece of pieces.slice(0, MAX_LOOKUPS - lookups)) {
      lookups++;
      if (await chunks.has(piece.cid)) held += piece.bytes;
    }
    total += Math.min(held, bytes);
  }
  return total;
}

async function piecesOf(
  chunks: Pick<ChunkStore, 'get'>,
  cid: Cid,
  bytes: number,
): Promise<{ readonly cid: Cid; readonly bytes: number }[]> {
  if (!parseCid(cid).isList) return [{ cid, bytes: Math.min(bytes, CHUNK_BYTES) }];
  const stored = await chunks.get(cid);
  if (stored === undefined) return [];
  const { size, chunks: digests } = parseChunkList(stored);
  return digests.map((digest, i) => ({
    cid: chunkCidOfDigest(digest),
    bytes: Math.min(CHUNK_BYTES, size - i * CHUNK_BYTES),
  }));
}
