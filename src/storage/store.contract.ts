import { afterEach, describe, expect, test } from 'vitest';
import type { Store, StoreOptions } from './store.ts';

const KIB = 1024;
const cidOf = (i: number) => `piece-${i}`;
const piece = (i: number, bytes = KIB) => new Uint8Array(bytes).fill(i);
const withCode = (code: string) => expect.objectContaining({ code });

/** What every store must do, in memory or on disk. */
export function describeStore(name: string, open: (options: StoreOptions) => Promise<Store>): void {
  describe(name, () => {
    const opened: Store[] = [];
    const openOne = async (options: StoreOptions = {}) => {
      const store = await open(options);
      opened.push(store);
      return store;
    };
    afterEach(async () => {
      for (const store of opened.splice(0)) await store[Symbol.asyncDispose]();
    });

    describe('collection', () => {
      test('gives back what was put, bytes and bigints too', async () => {
        const vouchers = (await openOne()).collection<object>('vouchers');
        const voucher = { amount: 12n ** 30n, signature: new Uint8Array([1, 2, 3]) };
        await vouchers.put('a', voucher);
        expect(await vouchers.get('a')).toEqual(voucher);
      });

      test('knows nothing of a key never put or deleted since', async () => {
        const jobs = (await openOne()).collection<number>('jobs');
        await jobs.put('a', 1);
        await jobs.delete('a');
        await jobs.delete('b');
        expect(await jobs.get('a')).toBeUndefined();
        expect(await jobs.entries()).toEqual([]);
      });

      test('overwrites', async () => {
        const jobs = (await openOne()).collection<number>('jobs');
        await jobs.put('a', 1);
        await jobs.put('a', 2);
        expect(await jobs.entries()).toEqual([['a', 2]]);
      });

      test('lists entries by prefix in key order', async () => {
        const results = (await openOne()).collection<number>('results');
        for (const [i, key] of ['b/2', 'a/1', 'b/10', 'b', 'c', 'b/1'].entries()) await results.put(key, i);
        expect((await results.entries('b/')).map(([key]) => key)).toEqual(['b/1', 'b/10', 'b/2']);
        expect((await results.entries()).map(([key]) => key)).toEqual([
          'a/1',
          'b',
          'b/1',
          'b/10',
          'b/2',
          'c',
        ]);
      });

      test('keeps collections apart', async () => {
        const store = await openOne();
        await store.collection<number>('jobs').put('a', 1);
        expect(await store.collection<number>('wallet').get('a')).toBeUndefined();
      });

      test('hands out copies', async () => {
        const jobs = (await openOne()).collection<{ n: number }>('jobs');
        const value = { n: 1 };
        await jobs.put('a', value);
        value.n = 2;
        (await jobs.get('a'))!.n = 3;
        expect(await jobs.get('a')).toEqual({ n: 1 });
      });

      test('refuses what cannot be stored', async () => {
        const jobs = (await openOne()).collection<unknown>('jobs');
        await expect(jobs.put('a', () => 1)).rejects.toThrow(withCode('storage/not-storable'));
      });
    });

    describe('chunks', () => {
      test('gives back what was put and counts it once', async () => {
        const { chunks } = await openOne();
        await Promise.all([chunks.put(cidOf(1), piece(1)), chunks.put(cidOf(1), piece(1))]);
        await chunks.put(cidOf(1), piece(1));
        expect(await chunks.get(cidOf(1))).toEqual(piece(1));
        expect(await chunks.has(cidOf(1))).toBe(true);
        expect(await chunks.usedBytes()).toBe(KIB);
      });

      test('keeps a view without the buffer behind it', async () => {
        const { chunks } = await openOne();
        await chunks.put(cidOf(1), new Uint8Array(1000 * KIB).subarray(5, 15));
        expect((await chunks.get(cidOf(1)))!.buffer.byteLength).toBe(10);
      });

      test('forgets what was deleted, pinned or not', async () => {
        const { chunks } = await openOne();
        await chunks.put(cidOf(1), piece(1));
        await chunks.pin('job', [cidOf(1)]);
        await chunks.delete(cidOf(1));
        await chunks.delete(cidOf(2));
        expect(await chunks.get(cidOf(1))).toBeUndefined();
        expect(await chunks.has(cidOf(1))).toBe(false);
        expect(await chunks.usedBytes()).toBe(0);
      });

      test('evicts the least recently used to stay under the quota', async () => {
        const { chunks } = await openOne({ quotaBytes: 3 * KIB });
        for (const i of [1, 2, 3]) await chunks.put(cidOf(i), piece(i));
        await chunks.get(cidOf(1));
        await chunks.put(cidOf(4), piece(4));
        expect(await present([1, 2, 3, 4])).toEqual([1, 3, 4]);
        await chunks.put(cidOf(3), piece(3)); // known already: a use
        await chunks.put(cidOf(5), piece(5));
        expect(await present([1, 3, 4, 5])).toEqual([3, 4, 5]);
        expect(await chunks.usedBytes()).toBe(3 * KIB);
      });

      test('never evicts a pinned piece until every owner let go', async () => {
        const { chunks } = await openOne({ quotaBytes: 2 * KIB });
        await chunks.pin('a', [cidOf(1)]); // before it is there
        for (const i of [1, 2]) await chunks.put(cidOf(i), piece(i));
        await chunks.pin('b', [cidOf(1)]);
        await chunks.unpin('a');
        await chunks.put(cidOf(3), piece(3));
        expect(await present([1, 2, 3])).toEqual([1, 3]);
        await chunks.unpin('b');
        await chunks.put(cidOf(4), piece(4));
        expect(await present([1, 3, 4])).toEqual([3, 4]);
      });

      test('an owner whose name begins like another keeps its pins', async () => {
        const { chunks } = await openOne({ quotaBytes: KIB });
        await chunks.pin('job/10', [cidOf(1)]);
        await chunks.pin('job/1', [cidOf(2)]);
        await chunks.unpin('job/1');
        await chunks.put(cidOf(1), piece(1));
        await expect(chunks.put(cidOf(2), piece(2))).rejects.toThrow(withCode('storage/quota-full'));
      });

      test('refuses a piece for which pinned ones leave no room, and still takes one that fits', async () => {
        const { chunks } = await openOne({ quotaBytes: 3 * KIB });
        await chunks.put(cidOf(1), piece(1));
        await chunks.pin('job', [cidOf(1)]);
        const both = await Promise.allSettled([
          chunks.put(cidOf(2), piece(2, 4 * KIB)),
          chunks.put(cidOf(3), piece(3, 2 * KIB)),
        ]);
        expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
        expect((both[0] as PromiseRejectedResult).reason).toEqual(withCode('storage/quota-full'));
        expect(await present([1, 2, 3])).toEqual([1, 3]);
        expect(await chunks.usedBytes()).toBe(3 * KIB);
      });

      test('makes room at once when the quota falls', async () => {
        const { chunks } = await openOne({ quotaBytes: 4 * KIB });
        for (const i of [1, 2, 3, 4]) await chunks.put(cidOf(i), piece(i));
        await chunks.pin('job', [cidOf(1)]);
        await chunks.setQuota(2 * KIB);
        expect(chunks.quotaBytes).toBe(2 * KIB);
        expect(await present([1, 2, 3, 4])).toEqual([1, 4]);
      });

      async function present(indexes: number[]): Promise<number[]> {
        const { chunks } = opened.at(-1)!;
        const found = await Promise.all(indexes.map((i) => chunks.has(cidOf(i))));
        return indexes.filter((_, i) => found[i]);
      }
    });
  });
}
