import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import * as dagCbor from '@ipld/dag-cbor';
import { type Bytes, equalBytes, ownBytes } from './bytes.ts';
import { KilnError } from './errors.ts';

/** A content identifier in its base32 text form (`bafk…` raw, `bafy…` chunk list). */
export type Cid = string;

/** 1 MiB: the size of a chunk, and the largest blob that is one chunk (design: blobs). */
export const CHUNK_BYTES = 1_048_576;
/** 4 GiB: a list of 4,096 digests is 160 KiB and fits one chunk with room to spare. */
export const MAX_CHUNKS = 4_096;

const RAW = 0x55;
const DAG_CBOR = 0x71;
const SHA2_256 = 0x12;

/** What a chunk list says: the whole's size in bytes and its chunks' SHA-256 digests in order. */
export interface ChunkList {
  readonly size: number;
  readonly chunks: readonly Uint8Array[];
}

/** SHA-256 by WebCrypto (839 MiB/s measured). */
export async function sha256(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', ownBytes(bytes)));
}

/** The CID of one chunk: raw codec, sha2-256. */
export async function chunkCid(bytes: Uint8Array): Promise<Cid> {
  return cidOfDigest(await sha256(bytes), RAW);
}

/** The raw CID whose digest is given. */
export function chunkCidOfDigest(digest: Uint8Array): Cid {
  return cidOfDigest(digest, RAW);
}

function cidOfDigest(digest: Uint8Array, codec: number): Cid {
  return CID.createV1(codec, createDigest(SHA2_256, ownBytes(digest))).toString();
}

/** Parses and checks a CID text; throws `cid/invalid` unless it is v1, sha2-256, raw or a chunk list. */
export function parseCid(text: string): { readonly isList: boolean; readonly digest: Uint8Array } {
  try {
    const cid = CID.parse(text);
    const known = cid.code === RAW || cid.code === DAG_CBOR;
    const { code, digest } = cid.multihash;
    const isSha256 = code === SHA2_256 && digest.byteLength === 32;
    // Made anew: a parsed CID's own text is the one it was parsed from, in whatever spelling.
    if (cid.version === 1 && known && isSha256 && cidOfDigest(digest, cid.code) === text) {
      return { isList: cid.code === DAG_CBOR, digest };
    }
  } catch {
    // falls through to the one error below
  }
  throw new KilnError('cid/invalid', 'This is not a CID that Kiln uses.', {
    data: { cid: text.slice(0, 80) },
    hint: 'Use a CIDv1 with sha2-256, raw or chunk list, in base32.',
  });
}

/** Do these bytes (one chunk, or the bytes of a chunk list) hash to this CID? */
export async function matchesCid(cid: Cid, bytes: Uint8Array): Promise<boolean> {
  return equalBytes(parseCid(cid).digest, await sha256(bytes));
}

/**
 * Cuts a blob into stored pieces: itself when it is at most 1 MiB, else its 1 MiB chunks and the list that
 * names them. The blob's CID is the key of the last piece.
 *
 * @example
 * const { cid, pieces } = await cutBlob(bytes);
 * for (const piece of pieces) await chunks.put(piece.cid, piece.bytes);
 */
export async function cutBlob(
  bytes: Uint8Array,
): Promise<{ cid: Cid; pieces: { cid: Cid; bytes: Uint8Array }[] }> {
  if (bytes.byteLength <= CHUNK_BYTES) {
    const cid = await chunkCid(bytes);
    return { cid, pieces: [{ cid, bytes }] };
  }
  const count = Math.ceil(bytes.byteLength / CHUNK_BYTES);
  if (count > MAX_CHUNKS) {
    throw new KilnError('blob/too-large', 'A blob holds at most 4 GiB.', {
      data: { bytes: bytes.byteLength },
      hint: 'Split the input into several files.',
    });
  }
  const parts = Array.from({ length: count }, (_, i) =>
    bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES),
  );
  const digests = await Promise.all(parts.map((part) => sha256(part)));
  const list = ownBytes(dagCbor.encode({ size: bytes.byteLength, chunks: digests }));
  const cid = cidOfDigest(await sha256(list), DAG_CBOR);
  const pieces = parts.map((part, i) => ({ cid: chunkCidOfDigest(digests[i]!), bytes: part }));
  return { cid, pieces: [...pieces, { cid, bytes: list }] };
}

/** Reads a chunk list; throws `blob/bad-list` when its form, size or count is wrong. */
export function parseChunkList(bytes: Uint8Array): ChunkList {
  try {
    const list = dagCbor.decode<ChunkList>(bytes);
    const isSound =
      Number.isSafeInteger(list.size) &&
      Array.isArray(list.chunks) &&
      list.chunks.length > 1 &&
      list.chunks.length <= MAX_CHUNKS &&
      list.chunks.length === Math.ceil(list.size / CHUNK_BYTES) &&
      list.chunks.every((digest) => digest instanceof Uint8Array && digest.byteLength === 32);
    if (isSound) return list;
  } catch {
    // falls through to the one error below
  }
  throw new KilnError('blob/bad-list', 'This chunk list is malformed.', { hint: 'Refuse its sender.' });
}
