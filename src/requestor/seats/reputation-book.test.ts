import { expect, test } from 'vitest';
import type { ReputationRecord } from '../../reputation/record.ts';
import { memoryStore } from '../../storage/memory-store.ts';
import { ReputationBook } from './reputation-book.ts';

const clock = { now: () => 1_000, after: () => () => {} };
const [mine, other] = ['a'.repeat(64), 'b'.repeat(64)];

async function open(store = memoryStore()) {
  const records = store.collection<ReputationRecord>('reputation');
  return { store, book: await ReputationBook.open('wgsl', records, clock) };
}

test('runs of valid results are kept for each numeric class, and over a reload', async () => {
  const { book, store } = await open();
  for (let i = 0; i < 3; i++) book.note('alice', 'valid', mine);
  book.note('alice', 'valid', other);
  const again = (await open(store)).book;
  for (const one of [book, again]) {
    expect(one.consecutiveValid('alice')).toBe(4);
    expect(one.consecutiveValid('alice', mine)).toBe(3);
    expect(one.consecutiveValid('alice', other)).toBe(1);
    expect(one.consecutiveValid('bob', mine)).toBe(0);
  }
});

test('a wrong result in one class ends the runs of all', async () => {
  const { book } = await open();
  for (let i = 0; i < 3; i++) book.note('alice', 'valid', mine);
  book.note('alice', 'wrong', other);
  expect(book.consecutiveValid('alice', mine)).toBe(0);
  expect(book.reliability('alice')).toBeLessThan(0.5);
});

test('who shows nothing that counts stays a newcomer', async () => {
  const { book } = await open();
  book.hear('alice', { good: 0, bad: 0 });
  expect(book.knows('alice')).toBe(false);
  book.hear('alice', { good: 2, bad: 0 });
  expect(book.knows('alice')).toBe(true);
  book.hear('alice', { good: 0, bad: 0 });
  expect(book.knows('alice')).toBe(false);
});
