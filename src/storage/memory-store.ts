import { type Bytes, copyBytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import { DEFAULT_QUOTA_BYTES } from './constants.ts';
import { type ChunkMeta, chooseVictims, quotaFull } from './eviction.ts';
import { storageError } from './storage-error.ts';
import type { Collection } from '../base/collection.ts';
import { type ChunkStore, COLLECTIONS, type Store, type StoreOptions } from './store.ts';

/**
 * A store that lives as long as the tab: for tests, and where the browser blocks storage.
 *
 * @example
 * const store = await openStore({ name: 'kiln' }).catch(() => memoryStore());
 */
export function memoryStore({ quotaBytes = DEFAULT_QUOTA_BYTES }: StoreOptions = {}): Store {
  const collections = new Map(
    Object.keys(COLLECTIONS).map((name) => [name, new MemoryCollection<unknown>()]),
  );
  return {
    isPersistent: false,
    collection: <T>(name: string) => collections.get(name) as Collection<unknown> as Collection<T>,
    chunks: new MemoryChunks(quotaBytes),
    async [Symbol.asyncDispose]() {
      collections.clear();
    },
  };
}

/** Copies on the way in and out, as IndexedDB does, so that tests find shared state. */
class MemoryCollection<T> implements Collection<T> {
  readonly #entries = new Map<string, T>();

  async get(key: string): Promise<T | undefined> {
    return structuredClone(this.#entries.get(key));
  }

  async put(key: string, value: T): Promise<void> {
    try {
      this.#entries.set(key, structuredClone(value));
    } catch (error) {
      throw storageError(error);
    }
  }

  async delete(key: string): Promise<void> {
    this.#entries.delete(key);
  }

  async entries(prefix = ''): Promise<[string, T][]> {
    return [...this.#entries]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, structuredClone(value)]);
  }
}

class MemoryChunks implements ChunkStore {
  readonly #chunks = new Map<Cid, { readonly bytes: Bytes; usedAt: number }>();
  readonly #pins = new Map<string, Set<Cid>>();
  #quotaBytes: number;
  #usedBytes = 0;
  /** Counts uses: order is all that eviction asks of time. */
  #uses = 0;

  constructor(quotaBytes: number) {
    this.#quotaBytes = quotaBytes;
  }

  get quotaBytes(): number {
    return this.#quotaBytes;
  }

  async get(cid: Cid): Promise<Bytes | undefined> {
    const chunk = this.#chunks.get(cid);
    if (chunk === undefined) return undefined;
    chunk.usedAt = ++this.#uses;
    return copyBytes(chunk.bytes);
  }

  async put(cid: Cid, bytes: Uint8Array): Promise<void> {
    const known = this.#chunks.get(cid);
    if (known !== undefined) {
      known.usedAt = ++this.#uses;
      return;
    }
    this.#makeRoom(bytes.byteLength);
    this.#chunks.set(cid, { bytes: copyBytes(bytes), usedAt: ++this.#uses });
    this.#usedBytes += bytes.byteLength;
  }

  async has(cid: Cid): Promise<boolean> {
    return this.#chunks.has(cid);
  }

  async delete(cid: Cid): Promise<void> {
    this.#usedBytes -= this.#chunks.get(cid)?.bytes.byteLength ?? 0;
    this.#chunks.delete(cid);
  }

  async pin(owner: string, cids: readonly Cid[]): Promise<void> {
    this.#pins.set(owner, new Set([...(this.#pins.get(owner) ?? []), ...cids]));
  }

  async unpin(owner: string): Promise<void> {
    this.#pins.delete(owner);
  }

  async usedBytes(): Promise<number> {
    return this.#usedBytes;
  }

  async setQuota(quotaBytes: number): Promise<void> {
    this.#quotaBytes = quotaBytes;
    for (const victim of this.#choose(this.#usedBytes - quotaBytes).victims) await this.delete(victim.cid);
  }

  #makeRoom(bytes: number): void {
    const neededBytes = this.#usedBytes + bytes - this.#quotaBytes;
    if (neededBytes <= 0) return;
    const { victims, freedBytes } = this.#choose(neededBytes);
    if (freedBytes < neededBytes) throw quotaFull(bytes, this.#quotaBytes);
    for (const victim of victims) void this.delete(victim.cid);
  }

  #choose(neededBytes: number) {
    const metas: ChunkMeta[] = [...this.#chunks].map(([cid, { bytes, usedAt }]) => ({
      cid,
      bytes: bytes.byteLength,
      usedAt,
    }));
    return chooseVictims(metas, new Set([...this.#pins.values()].flatMap((cids) => [...cids])), neededBytes);
  }
}
