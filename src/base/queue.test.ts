import { expect, test } from 'vitest';
import { AsyncQueue } from './queue.ts';

async function readAll<T>(queue: AsyncQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

test('hands over in order what was pushed before and after the reader came', async () => {
  const queue = new AsyncQueue<number>(10);
  queue.push(1);
  queue.push(2);
  const reading = readAll(queue);
  await Promise.resolve();
  queue.push(3);
  await new Promise((resolve) => setTimeout(resolve));
  queue.push(4);
  queue.end();
  expect(await reading).toEqual([1, 2, 3, 4]);
});

test('takes no more than its capacity, and says so', async () => {
  const queue = new AsyncQueue<number>(2);
  expect([queue.push(1), queue.push(2), queue.push(3)]).toEqual([true, true, false]);
  expect(queue.length).toBe(2);
  queue.end();
  expect(await readAll(queue)).toEqual([1, 2]);
});

test('room is made by reading', async () => {
  const queue = new AsyncQueue<number>(1);
  const reader = queue[Symbol.asyncIterator]();
  queue.push(1);
  expect(queue.push(2)).toBe(false);
  expect(await reader.next()).toEqual({ done: false, value: 1 });
  expect(queue.push(2)).toBe(true);
});

test('an error comes after the items that were there before it', async () => {
  const queue = new AsyncQueue<number>(5);
  queue.push(1);
  queue.end(new Error('broke'));
  const reader = queue[Symbol.asyncIterator]();
  expect((await reader.next()).value).toBe(1);
  await expect(reader.next()).rejects.toThrow('broke');
});

test('the end wakes a waiting reader; only the first end counts, and nothing follows it', async () => {
  const queue = new AsyncQueue<number>(5);
  const reading = readAll(queue);
  await Promise.resolve();
  queue.end();
  queue.end(new Error('too late'));
  expect(queue.push(1)).toBe(false);
  expect(await reading).toEqual([]);
});
