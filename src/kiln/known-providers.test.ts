import { expect, test } from 'vitest';
import { ManualClock } from '../../tests/mesh/twins/manual-clock.ts';
import { newRecord, note, type ReputationRecord } from '../reputation/record.ts';
import { memoryStore } from '../storage/memory-store.ts';
import { KnownProviders } from './known-providers.ts';

test('who was met is known as soon as its record was read, of its own kind and as a whole', async () => {
  using clock = new ManualClock(1_000);
  const stored = memoryStore().collection<ReputationRecord>('reputation');
  let good = newRecord(1_000);
  for (let i = 0; i < 50; i++) good = note(good, 'valid', 1_000);
  await stored.put('wasi/ada', good);
  await stored.put('wasi/ada/class', newRecord(1_000));
  await stored.put('wgsl/bob', good);
  const known = new KnownProviders(stored, clock);
  expect(known.reliability('wasi')('ada')).toBeUndefined();
  await clock.settle();
  const reliability = known.reliability('wasi');
  expect(reliability('ada')).toBeGreaterThan(0.9);
  expect([reliability('bob'), reliability('ada/class'), reliability('eve')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
test('what changed is read again after a while, and used meanwhile', async () => {
  using clock = new ManualClock(1_000);
  const stored = memoryStore().collection<ReputationRecord>('reputation');
  await stored.put('wasi/ada', note(newRecord(1_000), 'valid', 1_000));
  const known = new KnownProviders(stored, clock);
  known.reliability('wasi');
  await clock.settle();
  const before = known.reliability('wasi')('ada')!;
  await stored.put('wasi/ada', note(newRecord(1_000), 'wrong', 1_000));
  await clock.settle();
  expect(known.reliability('wasi')('ada')).toBe(before);
  await clock.advance(30_001);
  expect(known.reliability('wasi')('ada')).toBe(before);
  await clock.settle();
  expect(known.reliability('wasi')('ada')).toBeLessThan(before);
});
