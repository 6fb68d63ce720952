import { expect, test } from 'vitest';
import { heldClock } from './testing/held-clock.ts';
import { TokenBucket, TokenBuckets } from './token-bucket.ts';

test('a bucket gives its burst at once and its rate from then on', () => {
  const clock = heldClock();
  const bucket = new TokenBucket(clock, 2, 5);
  expect(Array.from({ length: 7 }, () => bucket.take())).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
  clock.advance(500);
  expect([bucket.take(), bucket.take()]).toEqual([true, false]);
  clock.advance(60_000);
  expect(bucket.take(5)).toBe(true);
  expect(bucket.take()).toBe(false);
});

test('a clock that is set back gives nothing for free and takes nothing away', () => {
  const clock = heldClock();
  const bucket = new TokenBucket(clock, 1, 1);
  bucket.take();
  clock.advance(-10_000);
  expect(bucket.take()).toBe(false);
  clock.advance(1_000);
  expect(bucket.take()).toBe(true);
});

test('a crowd that passes by leaves no buckets behind', () => {
  const clock = heldClock();
  const buckets = new TokenBuckets(clock, 10, 10);
  for (let i = 0; i < 100_000; i++) {
    buckets.take(`peer ${i}`);
    clock.advance(1);
  }
  expect(buckets.size).toBeLessThan(1_000);
});
