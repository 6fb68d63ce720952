import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import { KilnError } from '../base/errors.ts';
import { BLOCKED_LIMIT_MS } from './constants.ts';
import type { ChunkMeta } from './eviction.ts';
import { type CollectionName, COLLECTIONS } from './store.ts';

/** Version of the database's form; a step that only adds stores needs no branch of its own in `upgrade`. */
const DATABASE_VERSION = 3;
/** Stores beside the collections. */
const CHUNK_STORES = ['chunks', 'chunkMetas', 'pins', 'totals'] as const;

type CollectionStores = { readonly [Name in CollectionName]: { key: string; value: unknown } };

/** What lies where in the database. */
export interface KilnSchema extends DBSchema, CollectionStores {
  chunks: { key: Cid; value: Bytes };
  /** Apart from the bytes, so that eviction reads no data. */
  chunkMetas: { key: Cid; value: ChunkMeta };
  pins: { key: [owner: string, cid: Cid]; value: true };
  /** One number, `usedBytes`, changed in the transaction that changes the chunks: right for all tabs. */
  totals: { key: 'usedBytes'; value: number };
}

/** The open database of a store. */
export type Database = IDBPDatabase<KilnSchema>;

/** Opens the database, creating or upgrading it; steps aside when another tab wants to upgrade it. */
export async function openDatabase(name: string): Promise<Database> {
  let giveUp: ReturnType<typeof setTimeout> | undefined;
  const isBlocked = Promise.withResolvers<never>();
  try {
    const opening = openDB<KilnSchema>(name, DATABASE_VERSION, {
      upgrade: createMissing,
      blocked() {
        giveUp = setTimeout(() => isBlocked.reject(blockedByTab()), BLOCKED_LIMIT_MS);
      },
      blocking(_current, _wanted, event) {
        (event.target as IDBDatabase).close();
      },
    });
    return await Promise.race([opening, isBlocked.promise]);
  } catch (cause) {
    if (cause instanceof KilnError) throw cause;
    throw new KilnError('storage/unavailable', 'This browser does not let Kiln store anything.', {
      cause,
      hint: 'Allow site data for this page or leave private browsing; until then everything is kept in memory only.',
    });
  } finally {
    clearTimeout(giveUp);
  }
}

/** Creates what a database of an earlier version, or a new one, does not have yet. */
function createMissing(database: Database): void {
  const collections = Object.keys(COLLECTIONS) as CollectionName[];
  for (const name of [...collections, ...CHUNK_STORES]) {
    if (database.objectStoreNames.contains(name)) continue;
    database.createObjectStore(name, name === 'chunkMetas' ? { keyPath: 'cid' } : {});
  }
}

function blockedByTab(): KilnError {
  return new KilnError('storage/blocked-by-tab', 'Another tab keeps an older version of the storage open.', {
    hint: 'Close the other Kiln tabs and reload this one.',
  });
}
