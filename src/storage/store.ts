import type { Collection } from '../base/collection.ts';
import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';

/**
 * Every collection with its durability. `strict` is flushed to the disk before `put` resolves: losing one of those in
 * a power cut would cost money or the identity. `relaxed` survives a closed tab or a crashed browser.
 */
export const COLLECTIONS = {
  identity: 'strict',
  wallet: 'strict',
  vouchers: 'strict',
  agreements: 'strict',
  jobs: 'strict',
  ledgers: 'strict',
  results: 'relaxed',
  traces: 'relaxed',
  reputation: 'relaxed',
  receipts: 'relaxed',
  disputes: 'relaxed',
  works: 'relaxed',
  fraud: 'relaxed',
  history: 'relaxed',
  settings: 'relaxed',
} as const satisfies Record<string, 'strict' | 'relaxed'>;

/** The name of a collection. */
export type CollectionName = keyof typeof COLLECTIONS;

/**
 * Pieces of blobs (chunks and chunk lists) under a quota. What nobody pinned makes room, least recently used first.
 * It trusts its callers: they verify bytes against the CID before they put them.
 */
export interface ChunkStore {
  get(cid: Cid): Promise<Bytes | undefined>;
  /** Stores one piece; throws `storage/quota-full` when pinned pieces leave no room, `storage/disk-full` when the browser refuses. */
  put(cid: Cid, bytes: Uint8Array): Promise<void>;
  has(cid: Cid): Promise<boolean>;
  /** Deletes a piece even when it is pinned; an absent one is no error. */
  delete(cid: Cid): Promise<void>;
  /** Keeps these pieces, present or still to come, from eviction until their owner unpins. Adds to what it pinned before. */
  pin(owner: string, cids: readonly Cid[]): Promise<void>;
  /** Drops all pins of an owner. */
  unpin(owner: string): Promise<void>;
  usedBytes(): Promise<number>;
  readonly quotaBytes: number;
  /** Changes the quota and makes room at once; pinned pieces stay even beyond it. */
  setQuota(quotaBytes: number): Promise<void>;
}

/** All that a tab keeps. */
export interface Store extends AsyncDisposable {
  /** False for the in-memory twin: everything is gone with the tab. */
  readonly isPersistent: boolean;
  collection<T>(name: CollectionName): Collection<T>;
  readonly chunks: ChunkStore;
}

/** How a store is opened. */
export interface StoreOptions {
  /** @default DEFAULT_QUOTA_BYTES */
  readonly quotaBytes?: number;
}
