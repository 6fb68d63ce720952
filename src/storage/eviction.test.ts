import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseVictims } from './eviction.ts';

const metas = fc.uniqueArray(fc.record({ cid: fc.string(), bytes: fc.nat(1_000), usedAt: fc.nat(100) }), {
  selector: ({ cid }) => cid,
});

test('frees enough when it can, never a kept piece, and no newer one while an older would go', () => {
  fc.assert(
    fc.property(metas, fc.nat(5_000), fc.func(fc.boolean()), (pieces, neededBytes, isKept) => {
      const kept = new Set(pieces.map(({ cid }) => cid).filter(isKept));
      const { victims, freedBytes } = chooseVictims(pieces, kept, neededBytes);
      const free = pieces.filter(({ cid }) => !kept.has(cid));
      const freeBytes = free.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(freedBytes).toBe(victims.reduce((sum, { bytes }) => sum + bytes, 0));
      expect(freedBytes).toBeGreaterThanOrEqual(Math.min(neededBytes, freeBytes));
      expect(victims.some(({ cid }) => kept.has(cid))).toBe(false);
      const newestGone = Math.max(-1, ...victims.map(({ usedAt }) => usedAt));
      const oldestLeft = Math.min(
        Infinity,
        ...free.filter((piece) => !victims.includes(piece)).map(({ usedAt }) => usedAt),
      );
      expect(newestGone).toBeLessThanOrEqual(oldestLeft);
    }),
  );
});
