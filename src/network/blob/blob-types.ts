import type { Bytes } from '../../base/bytes.ts';
import type { Cid } from '../../base/cid.ts';
import type { PeerAddress, Streams } from '../streams/streams.ts';

/** Where pieces (chunks and chunk lists) are kept; a slice of `storage`. */
export interface ChunkStore {
  get(cid: Cid): Promise<Bytes | undefined>;
  put(cid: Cid, bytes: Bytes): Promise<unknown>;
  has(cid: Cid): Promise<boolean>;
}

/** How a blob is asked for. */
export interface BlobRequest {
  /** Peers that may have it, tried together. */
  readonly holders: readonly PeerAddress[];
  /** Only these bytes of it. */
  readonly range?: { readonly offset: number; readonly length: number };
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** A blob larger than this is refused before its chunks are fetched. */
  readonly maxBytes?: number;
}

/** What the exchange needs of the network: streams in both directions. */
export type BlobStreams = Pick<Streams, 'open' | 'handle'>;
