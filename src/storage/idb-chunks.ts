import type { IDBPTransaction, StoreNames } from 'idb';
import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import { DISK_FULL_SHARES } from './constants.ts';
import { chooseVictims, quotaFull } from './eviction.ts';
import type { Database, KilnSchema } from './idb-schema.ts';
import { type Piece, PutQueue } from './put-queue.ts';
import { isQuotaExceeded, storageError } from './storage-error.ts';
import type { ChunkStore } from './store.ts';

const CHUNK_STORES: StoreNames<KilnSchema>[] = ['chunks', 'chunkMetas', 'pins', 'totals'];

type Writing = IDBPTransaction<KilnSchema, StoreNames<KilnSchema>[], 'readwrite'>;

/** Chunks in IndexedDB. Sizes, uses and pins lie in the database too, so that several tabs share one truth. */
export class IdbChunks implements ChunkStore {
  readonly #database: Database;
  readonly #queue = new PutQueue((batch) => this.#store(batch));
  /** Uses not yet written down: a write per read would halve the speed. */
  readonly #uses = new Map<Cid, number>();
  #lastUse = 0;
  #quotaBytes: number;

  constructor(database: Database, quotaBytes: number) {
    this.#database = database;
    this.#quotaBytes = quotaBytes;
  }

  get quotaBytes(): number {
    return this.#quotaBytes;
  }

  async get(cid: Cid): Promise<Bytes | undefined> {
    const bytes = await named(() => this.#database.get('chunks', cid));
    if (bytes !== undefined) this.#use(cid);
    return bytes;
  }

  put(cid: Cid, bytes: Uint8Array): Promise<void> {
    return this.#queue.add(cid, bytes);
  }

  async has(cid: Cid): Promise<boolean> {
    return (await named(() => this.#database.getKey('chunkMetas', cid))) !== undefined;
  }

  delete(cid: Cid): Promise<void> {
    return this.#change((transaction) => this.#drop(transaction, [cid]));
  }

  pin(owner: string, cids: readonly Cid[]): Promise<void> {
    return this.#change(async (transaction) => {
      const pins = transaction.objectStore('pins');
      await Promise.all(cids.map((cid) => pins.put(true, [owner, cid])));
    });
  }

  unpin(owner: string): Promise<void> {
    return this.#change(async (transaction) => {
      await transaction.objectStore('pins').delete(IDBKeyRange.bound([owner], [owner, []]));
    });
  }

  async usedBytes(): Promise<number> {
    return (await named(() => this.#database.get('totals', 'usedBytes'))) ?? 0;
  }

  setQuota(quotaBytes: number): Promise<void> {
    this.#quotaBytes = quotaBytes;
    return this.#change(async (transaction) => {
      await this.#evict(transaction, (await readUsed(transaction)) - quotaBytes, []);
    });
  }

  /** Finishes the puts that were begun and writes down the uses. */
  async settle(): Promise<void> {
    await this.#queue.settle();
    await this.#change((transaction) => this.#writeUses(transaction));
  }

  /**
   * The browser's own limit may be lower than our quota, and it frees deleted data late: give up a growing share of
   * the cache before giving up the batch.
   */
  async #store(batch: readonly Piece[]): Promise<void> {
    for (const share of DISK_FULL_SHARES) {
      try {
        return await this.#transact((transaction) => this.#insert(transaction, batch));
      } catch (error) {
        if (!isQuotaExceeded(error)) throw storageError(error);
        if ((await this.#giveUp(share)) === 0) throw storageError(error);
      }
    }
    await this.#change((transaction) => this.#insert(transaction, batch));
  }

  /** Evicts a share of all bytes; the result is how many went. */
  async #giveUp(share: number): Promise<number> {
    let freedBytes = 0;
    await this.#change(async (transaction) => {
      freedBytes = await this.#evict(transaction, Math.ceil((await readUsed(transaction)) * share), []);
    });
    return freedBytes;
  }

  async #insert(transaction: Writing, batch: readonly Piece[]): Promise<void> {
    const metas = transaction.objectStore('chunkMetas');
    const known = await Promise.all(batch.map(({ cid }) => metas.getKey(cid)));
    const fresh = new Map(
      batch.filter((_, i) => known[i] === undefined).map(({ cid, bytes }) => [cid, bytes]),
    );
    const freshBytes = [...fresh.values()].reduce((sum, bytes) => sum + bytes.byteLength, 0);
    const cids = batch.map(({ cid }) => cid);
    for (const cid of cids) this.#use(cid);
    const neededBytes = (await readUsed(transaction)) + freshBytes - this.#quotaBytes;
    const freedBytes = await this.#evict(transaction, neededBytes, cids);
    if (freedBytes < neededBytes) throw quotaFull(freshBytes, this.#quotaBytes);
    await this.#writeUses(transaction);
    const usedBytes = (await readUsed(transaction)) + freshBytes;
    const writes: Promise<unknown>[] = [transaction.objectStore('totals').put(usedBytes, 'usedBytes')];
    for (const [cid, bytes] of fresh) {
      writes.push(transaction.objectStore('chunks').put(bytes, cid));
      writes.push(metas.put({ cid, bytes: bytes.byteLength, usedAt: this.#lastUse }));
    }
    await Promise.all(writes);
  }

  /** Frees room, what is pinned or `kept` spared; the result is how much was freed. */
  async #evict(transaction: Writing, neededBytes: number, kept: readonly Cid[]): Promise<number> {
    if (neededBytes <= 0) return 0;
    await this.#writeUses(transaction);
    const metas = await transaction.objectStore('chunkMetas').getAll();
    const pinned = (await transaction.objectStore('pins').getAllKeys()).map(([, cid]) => cid);
    const { victims, freedBytes } = chooseVictims(metas, new Set([...pinned, ...kept]), neededBytes);
    await this.#drop(
      transaction,
      victims.map(({ cid }) => cid),
    );
    return freedBytes;
  }

  async #drop(transaction: Writing, cids: readonly Cid[]): Promise<void> {
    const metas = transaction.objectStore('chunkMetas');
    let usedBytes = await readUsed(transaction);
    for (const cid of cids) {
      usedBytes -= (await metas.get(cid))?.bytes ?? 0;
      await Promise.all([metas.delete(cid), transaction.objectStore('chunks').delete(cid)]);
    }
    await transaction.objectStore('totals').put(usedBytes, 'usedBytes');
  }

  /** Order is what eviction asks of a use, so no two get the same time. */
  #use(cid: Cid): void {
    this.#lastUse = Math.max(Date.now(), this.#lastUse + 0.001);
    this.#uses.set(cid, this.#lastUse);
  }

  async #writeUses(transaction: Writing): Promise<void> {
    const metas = transaction.objectStore('chunkMetas');
    const uses = [...this.#uses];
    this.#uses.clear();
    for (const [cid, usedAt] of uses) {
      const meta = await metas.get(cid);
      if (meta !== undefined && meta.usedAt < usedAt) await metas.put({ ...meta, usedAt });
    }
  }

  #change(work: (transaction: Writing) => Promise<void>): Promise<void> {
    return named(() => this.#transact(work));
  }

  /** All of it or nothing: whatever the work throws undoes what it wrote. */
  async #transact(work: (transaction: Writing) => Promise<void>): Promise<void> {
    const transaction = this.#database.transaction(CHUNK_STORES, 'readwrite', { durability: 'relaxed' });
    const done = transaction.done.then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    try {
      await work(transaction);
    } catch (error) {
      // A request that failed has ended the transaction already; then its reason is the better one.
      if (transaction.error !== null) throw transaction.error;
      abort(transaction);
      await done;
      throw error;
    }
    const failure = await done;
    if (failure !== undefined) throw failure.error;
  }
}

async function readUsed(transaction: Writing): Promise<number> {
  return (await transaction.objectStore('totals').get('usedBytes')) ?? 0;
}

function abort(transaction: Writing): void {
  try {
    transaction.abort();
  } catch {
    // it has ended already
  }
}

async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error);
  }
}
