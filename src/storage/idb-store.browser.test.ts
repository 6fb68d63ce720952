import { deleteDB, openDB } from 'idb';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { cutBlob } from '../base/cid.ts';
import { openStore } from './idb-store.ts';
import { describeStore } from './store.contract.ts';

const names: string[] = [];
const freshName = () => {
  const name = `kiln-test-${crypto.randomUUID()}`;
  names.push(name);
  return name;
};
afterAll(async () => {
  for (const name of names) await deleteDB(name);
});

describeStore('IndexedDB store', (options) => openStore({ name: freshName(), ...options }));

describe('IndexedDB store', () => {
  test('records, chunks, pins and uses survive a reload', async () => {
    const name = freshName();
    const before = await openStore({ name, quotaBytes: 3 });
    await before.collection<bigint>('vouchers').put('a', 7n);
    for (const cid of ['a', 'b', 'c']) await before.chunks.put(cid, new Uint8Array(1));
    await before.chunks.pin('job', ['b']);
    await before.chunks.get('a');
    await before[Symbol.asyncDispose]();

    await using after = await openStore({ name, quotaBytes: 3 });
    expect(await after.collection<bigint>('vouchers').get('a')).toBe(7n);
    await after.chunks.put('d', new Uint8Array(1));
    await after.chunks.put('e', new Uint8Array(1));
    const left = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((cid) => after.chunks.has(cid)));
    expect(left).toEqual([false, true, false, true, true]); // c went first: a was used last
    expect(await after.chunks.usedBytes()).toBe(3);
  });

  test('two tabs count the same bytes', async () => {
    const name = freshName();
    await using one = await openStore({ name, quotaBytes: 4 });
    await using two = await openStore({ name, quotaBytes: 4 });
    await Promise.all(
      [one, one, two, two, two].map(({ chunks }, i) => chunks.put(`${i % 4}`, new Uint8Array(1))),
    );
    expect(await two.chunks.usedBytes()).toBe(4);
    await one.chunks.put('other', new Uint8Array(2));
    expect(await two.chunks.usedBytes()).toBe(4);
  });

  test('a blob of many chunks is written in several transactions and read back', async () => {
    await using store = await openStore({ name: freshName() });
    const blob = new Uint8Array(20 * 1_048_576 + 1).map((_, i) => (i * 31) ^ (i >> 20));
    const { cid, pieces } = await cutBlob(blob);
    await Promise.all(pieces.map((piece) => store.chunks.put(piece.cid, piece.bytes)));
    for (const piece of pieces)
      expect((await store.chunks.get(piece.cid))!.byteLength).toBe(piece.bytes.byteLength);
    expect(await store.chunks.has(cid)).toBe(true);
    expect(await store.chunks.usedBytes()).toBe(pieces.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
  });

  test('what costs money is flushed to the disk, what can be had again is not', async () => {
    await using store = await openStore({ name: freshName() });
    const transactions = vi.spyOn(IDBDatabase.prototype, 'transaction');
    await store.collection<number>('vouchers').put('a', 1);
    await store.collection<number>('results').put('a', 1);
    await store.chunks.put('a', new Uint8Array(1));
    const durabilities = transactions.mock.results.map(({ value }) => (value as IDBTransaction).durability);
    transactions.mockRestore();
    expect(durabilities).toEqual(['strict', 'relaxed', 'relaxed']);
  });

  test('a tab that wants a newer version is not kept waiting; the old one says so', async () => {
    const name = freshName();
    const store = await openStore({ name });
    const newer = await openDB(name, 99);
    await expect(store.collection('jobs').get('a')).rejects.toThrow(
      expect.objectContaining({ code: 'storage/closed' }),
    );
    await expect(store.chunks.get('a')).rejects.toThrow(expect.objectContaining({ code: 'storage/closed' }));
    newer.close();
  });

  test.each([
    [1, ['jobs']],
    [
      2,
      ['jobs', 'agreements', 'vouchers', 'results', 'traces', 'reputation', 'receipts', 'fraud', 'settings'],
    ],
  ] as const)('a database of version %d gets what is new and keeps what it has', async (version, kept) => {
    const name = freshName();
    const old = await openDB(name, version, {
      upgrade(database) {
        for (const store of [...kept, 'chunks', 'pins', 'totals']) database.createObjectStore(store);
        database.createObjectStore('chunkMetas', { keyPath: 'cid' });
      },
    });
    for (const collection of kept) await old.put(collection, { amount: 5n }, 'a');
    old.close();
    await using store = await openStore({ name });
    for (const collection of kept)
      expect(await store.collection(collection).get('a'), collection).toEqual({ amount: 5n });
    for (const added of ['traces', 'receipts', 'fraud', 'disputes', 'works'] as const) {
      await store.collection<number>(added).put('b', 1);
      expect(await store.collection<number>(added).get('b')).toBe(1);
    }
    await store.chunks.put('a', new Uint8Array(1));
    expect(await store.chunks.has('a')).toBe(true);
  });

  test('a newer database is refused by name', async () => {
    const name = freshName();
    (await openDB(name, 99)).close();
    await expect(openStore({ name })).rejects.toThrow(
      expect.objectContaining({ code: 'storage/unavailable' }),
    );
  });
});
