import { hasCode } from '../base/errors.ts';
import type { Database } from './idb-schema.ts';
import { openDatabase } from './idb-schema.ts';
import { DEFAULT_QUOTA_BYTES } from './constants.ts';
import { IdbChunks } from './idb-chunks.ts';
import { storageError } from './storage-error.ts';
import type { Collection } from '../base/collection.ts';
import { type CollectionName, COLLECTIONS, type Store, type StoreOptions } from './store.ts';
import { WriteGroup } from './write-group.ts';

/**
 * Opens what this browser profile keeps for Kiln, in IndexedDB. Throws `storage/unavailable` where the browser blocks
 * storage, `storage/blocked-by-tab` when an old tab keeps it from being upgraded.
 *
 * @example
 * const store = await openStore({ name: 'kiln' }).catch(() => memoryStore());
 * await store.collection<Agreement>('agreements').put(digest, agreement);
 */
export async function openStore({
  name,
  quotaBytes = DEFAULT_QUOTA_BYTES,
}: StoreOptions & { readonly name: string }): Promise<Store> {
  const database = await openDatabase(name);
  const chunks = new IdbChunks(database, quotaBytes);
  return {
    isPersistent: true,
    collection: <T>(collection: CollectionName) => idbCollection<T>(database, collection),
    chunks,
    async [Symbol.asyncDispose]() {
      await chunks.settle().catch((error: unknown) => {
        if (!hasCode(error, 'storage/closed')) throw error;
      });
      database.close();
    },
  };
}

function idbCollection<T>(database: Database, name: CollectionName): Collection<T> {
  const writes = new WriteGroup<IDBObjectStore>(async (apply) => {
    const transaction = database.transaction(name, 'readwrite', { durability: COLLECTIONS[name] });
    apply(transaction.objectStore(name) as unknown as IDBObjectStore);
    await transaction.done;
  });
  const write = async (change: (store: IDBObjectStore) => void): Promise<void> => {
    try {
      await writes.add(change);
    } catch (error) {
      throw storageError(error);
    }
  };
  return {
    async get(key) {
      try {
        return (await database.get(name, key)) as T | undefined;
      } catch (error) {
        throw storageError(error);
      }
    },
    put: (key, value) => write((store) => void store.put(value, key)),
    delete: (key) => write((store) => void store.delete(key)),
    async entries(prefix = '') {
      try {
        const { store } = database.transaction(name);
        const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
        const [keys, values] = await Promise.all([store.getAllKeys(range), store.getAll(range)]);
        return keys.map((key, i) => [key, values[i] as T]);
      } catch (error) {
        throw storageError(error);
      }
    },
  };
}
