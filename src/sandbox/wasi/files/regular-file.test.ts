import { expect, test } from 'vitest';
import { FileBudget } from './file-budget.ts';
import { RegularFile } from './regular-file.ts';

const SIZE_BYTES = 1_000_000;

test('a file that shrank gives its room back as it gives back its budget', () => {
  const budget = new FileBudget(SIZE_BYTES, 0);
  const file = new RegularFile(1n, 0n, budget);
  file.write(new Uint8Array(SIZE_BYTES).fill(7), 0);
  file.resize(0);
  expect(budget.leftBytes).toBe(SIZE_BYTES);
  expect(file.roomBytes).toBeLessThan(10_000);
});

test('what stays of a file that shrank is as it was, with zeros behind it', () => {
  const file = new RegularFile(1n, 0n, new FileBudget(SIZE_BYTES, 0));
  file.write(new Uint8Array(50_000).fill(7), 0);
  for (const length of [49_999, 20_000, 3, 0]) {
    file.resize(length);
    file.resize(length + 100);
    const content = new Uint8Array(length + 100);
    expect(file.read(content, 0)).toBe(length + 100);
    expect(content.every((byte, i) => byte === (i < length ? 7 : 0))).toBe(true);
    file.resize(length);
  }
});

test('a file that shrinks and grows by a little keeps its room', () => {
  const file = new RegularFile(1n, 0n, new FileBudget(SIZE_BYTES, 0));
  file.write(new Uint8Array(100_000), 0);
  const { roomBytes } = file;
  file.resize(60_000);
  file.resize(99_000);
  expect(file.roomBytes).toBe(roomBytes);
});
