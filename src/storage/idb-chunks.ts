import type { IDBPTransaction, StoreNames } from 'idb';
import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import { sleep, systemClock } from '../base/time.ts';
import { DISK_FULL_RETRIES } from './constants.ts';
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
    return this.#change(async (transaction) => {
      const meta = await transaction.objectStore('chunkMetas').get(cid);
      if (meta === undefined) return;
      const usedBytes = await readUsed(transaction);
      await drop(transaction, [cid]);
      await transaction.objectStore('totals').put(usedBytes - meta.bytes, 'usedBytes');
    });
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

  usedBytes(): Promise<number> {
    return named(() => readUsed(this.#database.transaction(['chunkMetas', 'totals'])));
  }

  setQuota(quotaBytes: number): Promise<void> {
    this.#quotaBytes = quotaBytes;
    return this.#change(async (transaction) => {
      const usedBytes = await readUsed(transaction);
      const freedBytes = await this.#evict(transaction, usedBytes - quotaBytes, []);
      await transaction.objectStore('totals').put(usedBytes - freedBytes, 'usedBytes');
    });
  }

  /** Finishes the puts that were begun and writes down the uses. */
  async settle(): Promise<void> {
    await this.#queue.settle();
    await this.#change((transaction) => this.#writeUses(transaction));
  }

  /**
   * The browser's own limit may be lower than our quota, and it frees deleted data some seconds late: give up part of
   * the cache and wait, a few times, before giving up the batch.
   */
  async #store(batch: readonly Piece[]): Promise<void> {
    for (const { share, waitMs } of DISK_FULL_RETRIES) {
      try {
        return await this.#transact((transaction) => this.#insert(transaction, batch));
      } catch (error) {
        if (!isQuotaExceeded(error)) throw storageError(error);
        if ((await this.#giveUp(share)) === 0) throw storageError(error);
        await sleep(systemClock, waitMs);
      }
    }
    await this.#change((transaction) => this.#insert(transaction, batch));
  }

  /** Evicts a share of all bytes; the result is how many went. It only deletes: a full disk takes not even a number. */
  async #giveUp(share: number): Promise<number> {
    let freedBytes = 0;
    await this.#change(async (transaction) => {
      const usedBytes = await readUsed(transaction);
      freedBytes = await this.#evict(transaction, Math.ceil(usedBytes * share), []);
      await transaction.objectStore('totals').delete('usedBytes');
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
    const usedBytes = await readUsed(transaction);
    const neededBytes = usedBytes + freshBytes - this.#quotaBytes;
    const freedBytes = await this.#evict(transaction, neededBytes, cids);
    if (freedBytes < neededBytes) throw quotaFull(freshBytes, this.#quotaBytes);
    await this.#writeUses(transaction);
    const writes: Promise<unknown>[] = [];
    writes.push(transaction.objectStore('totals').put(usedBytes - freedBytes + freshBytes, 'usedBytes'));
    for (const [cid, bytes] of fresh) {
      writes.push(transaction.objectStore('chunks').put(bytes, cid));
      writes.push(metas.put({ cid, bytes: bytes.byteLength, usedAt: this.#lastUse }));
    }
    await Promise.all(writes);
  }

  /** Frees room, what is pinned or `kept` spared; the result is how much. The caller puts the total right. */
  async #evict(transaction: Writing, neededBytes: number, kept: readonly Cid[]): Promise<number> {
    if (neededBytes <= 0) return 0;
    const metas = await transaction.objectStore('chunkMetas').getAll();
    const used = metas.map((meta) => ({ ...meta, usedAt: this.#uses.get(meta.cid) ?? meta.usedAt }));
    const pinned = (await transaction.objectStore('pins').getAllKeys()).map(([, cid]) => cid);
    const { victims, freedBytes } = chooseVictims(used, new Set([...pinned, ...kept]), neededBytes);
    const cids = victims.map(({ cid }) => cid);
    await drop(transaction, cids);
    return freedBytes;
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

type Reading = Pick<Writing, 'objectStore'>;

/** The sum over all pieces is the truth; the stored total saves counting. */
async function readUsed(transaction: Reading): Promise<number> {
  const total = await transaction.objectStore('totals').get('usedBytes');
  if (total !== undefined) return total;
  const metas = await transaction.objectStore('chunkMetas').getAll();
  return metas.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function drop(transaction: Writing, cids: readonly Cid[]): Promise<void> {
  const [metas, chunks] = [transaction.objectStore('chunkMetas'), transaction.objectStore('chunks')];
  await Promise.all(cids.flatMap((cid) => [metas.delete(cid), chunks.delete(cid)]));
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
