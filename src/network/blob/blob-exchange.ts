import {
  CHUNK_BYTES,
  chunkCidOfDigest,
  type Cid,
  cutBlob,
  parseChunkList,
  parseCid,
} from '../../base/cid.ts';
import { type Bytes, ownBytes } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import { type Clock } from '../../base/time.ts';
import { BLOB } from '../../protocol/blob.ts';
import { MAX_BLOB_BYTES_SERVED_PER_MINUTE } from '../../protocol/constants.ts';
import { TokenBuckets } from '../token-bucket.ts';
import { BlobHolder } from './blob-holder.ts';
import type { BlobRequest, BlobStreams, ChunkStore } from './blob-types.ts';
import { DownlinkMeter } from './downlink-meter.ts';
import { fetchPieces } from './fetch-pieces.ts';
import { heldBytes } from './held-bytes.ts';
import { HolderPool } from './holder-pool.ts';
import { untilAborted } from './until-aborted.ts';

const MINUTE_S = 60;

/** Blobs by CID: own store first, then the holders; verified on arrival, kept, and served to whoever asks. */
export class BlobExchange implements AsyncDisposable {
  readonly #chunks: ChunkStore;
  readonly #pool: HolderPool;
  readonly #stopServing: () => Promise<void>;
  readonly #downlink: DownlinkMeter;
  /** Pieces on their way: a second asker waits for the first instead of asking again. */
  readonly #onTheWay = new Map<Cid, Promise<void>>();

  private constructor(
    chunks: ChunkStore,
    pool: HolderPool,
    downlink: DownlinkMeter,
    stopServing: () => Promise<void>,
  ) {
    this.#chunks = chunks;
    this.#pool = pool;
    this.#downlink = downlink;
    this.#stopServing = stopServing;
  }

  /** Starts serving what the store holds. `servedPerMinuteBytes` bounds what one peer can draw. */
  static async start(
    streams: BlobStreams,
    chunks: ChunkStore,
    clock: Clock,
    servedPerMinuteBytes = MAX_BLOB_BYTES_SERVED_PER_MINUTE,
  ): Promise<BlobExchange> {
    const served = new TokenBuckets(clock, servedPerMinuteBytes / MINUTE_S, servedPerMinuteBytes);
    const stop = await streams.handle(
      BLOB,
      (stream) => void new BlobHolder(stream, chunks, served, clock).run(),
    );
    return new BlobExchange(chunks, new HolderPool(streams, clock), new DownlinkMeter(clock), stop);
  }

  /** Downstream bandwidth of this line as fetches showed it; undefined before the first. */
  get downBitsPerSecond(): number | undefined {
    return this.#downlink.bitsPerSecond;
  }

  /** How many bytes of these blobs are in the own store; see held-bytes.ts. */
  heldBytes(blobs: readonly { readonly cid: Cid; readonly bytes: number }[]): Promise<number> {
    return heldBytes(this.#chunks, blobs);
  }

  /** Cuts, stores and thereby serves a blob. */
  async put(bytes: Uint8Array): Promise<Cid> {
    const { cid, pieces } = await cutBlob(bytes);
    for (const piece of pieces) await this.#chunks.put(piece.cid, ownBytes(piece.bytes));
    return cid;
  }

  /**
   * The bytes of a blob, or of a range of it. Throws `blob/not-found`, `blob/digest-mismatch`, `blob/too-large`,
   * `blob/bad-range`, `blob/bad-list` or `base/aborted`.
   */
  async get(cid: Cid, request: BlobRequest): Promise<Bytes> {
    if (!parseCid(cid).isList) {
      const whole = await this.#piece(cid, request);
      const range = checkRange(whole.byteLength, request);
      request.onProgress?.(range.length, range.length);
      return whole.slice(range.offset, range.offset + range.length);
    }
    const list = parseChunkList(await this.#piece(cid, request));
    return this.#assemble(list.size, list.chunks.map(chunkCidOfDigest), request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopServing();
    await this.#pool[Symbol.asyncDispose]();
  }

  async #assemble(size: number, chunks: readonly Cid[], request: BlobRequest): Promise<Bytes> {
    const { offset, length } = checkRange(size, request);
    const whole = new Uint8Array(length);
    const first = Math.floor(offset / CHUNK_BYTES);
    const last = length === 0 ? first - 1 : Math.floor((offset + length - 1) / CHUNK_BYTES);
    /** A chunk may occur several times: its places by its CID. */
    const places = new Map<Cid, number[]>();
    for (let i = first; i <= last; i++) places.set(chunks[i]!, [...(places.get(chunks[i]!) ?? []), i]);
    let doneBytes = 0;
    const take = (cid: Cid, bytes: Bytes) => {
      for (const index of places.get(cid) ?? []) {
        const start = index * CHUNK_BYTES;
        if (bytes.byteLength !== Math.min(CHUNK_BYTES, size - start)) throw badList();
        const part = bytes.subarray(
          Math.max(0, offset - start),
          Math.min(bytes.byteLength, offset + length - start),
        );
        whole.set(part, Math.max(0, start - offset));
        doneBytes += part.byteLength;
      }
      request.onProgress?.(doneBytes, length);
    };
    await this.#pieces([...places.keys()], request, take);
    return whole;
  }

  async #piece(cid: Cid, request: BlobRequest): Promise<Bytes> {
    let found: Bytes | undefined;
    await this.#pieces([cid], request, (_, bytes) => (found = bytes));
    return found!;
  }

  /** Own store first, then the holders; pieces that another call is getting are waited for. */
  async #pieces(
    cids: readonly Cid[],
    request: BlobRequest,
    take: (cid: Cid, bytes: Bytes) => void,
  ): Promise<void> {
    const theirs = cids.filter((cid) => this.#onTheWay.has(cid));
    const others = theirs.map((cid) => this.#onTheWay.get(cid));
    await this.#ownPieces(
      cids.filter((cid) => !this.#onTheWay.has(cid)),
      request,
      take,
    );
    if (theirs.length === 0) return;
    await untilAborted(Promise.all(others), request.signal);
    await this.#pieces(theirs, request, take);
  }

  async #ownPieces(
    cids: readonly Cid[],
    request: BlobRequest,
    take: (cid: Cid, bytes: Bytes) => void,
  ): Promise<void> {
    const claim = Promise.withResolvers<void>();
    for (const cid of cids) this.#onTheWay.set(cid, claim.promise);
    try {
      const missing: Cid[] = [];
      for (const cid of cids) {
        const bytes = await this.#chunks.get(cid);
        if (bytes === undefined) missing.push(cid);
        else take(cid, bytes);
      }
      const arrived = async (cid: Cid, bytes: Bytes) => {
        this.#downlink.add(bytes.byteLength);
        take(cid, bytes);
        // A full store costs a later fetch, not this one: the bytes are in hand.
        await this.#chunks.put(cid, bytes).catch(() => {});
      };
      const { holders, signal } = request;
      await this.#downlink.measure(() => fetchPieces(missing, holders, this.#pool, arrived, signal));
    } finally {
      for (const cid of cids) this.#onTheWay.delete(cid);
      claim.resolve();
    }
  }
}

function checkRange(size: number, request: BlobRequest): { offset: number; length: number } {
  if (request.maxBytes !== undefined && size > request.maxBytes) {
    throw new KilnError('blob/too-large', 'The blob is larger than it was said to be.', {
      data: { bytes: size, maxBytes: request.maxBytes },
      hint: 'Refuse the job that names it.',
    });
  }
  const range = request.range ?? { offset: 0, length: size };
  const isSound = Number.isSafeInteger(range.offset) && Number.isSafeInteger(range.length);
  if (isSound && range.offset >= 0 && range.length >= 0 && range.offset + range.length <= size) return range;
  throw new KilnError('blob/bad-range', 'The blob does not have this range.', {
    data: { offset: range.offset, length: range.length, bytes: size },
  });
}

function badList(): KilnError {
  return new KilnError('blob/bad-list', 'The chunks do not have the sizes that their list says.', {
    hint: 'Refuse the job that names this blob.',
  });
}
