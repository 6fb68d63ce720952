import { describe, expect, test } from 'vitest';
import { makeDraft, QUORUM_2 } from '../../../tests/mesh/market-day.ts';
import { newGroupKey } from '../../market/match/group-key.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { checkTerms } from './check-terms.ts';
import { demandRequirements } from './demand-requirements.ts';
import type { SubmitTerms } from '../view.ts';

const TERMS: SubmitTerms = { budget: 1n, priceCeiling: 1n, microUnitsPerTask: 1, seats: 1 };
const { manifest: PLAIN } = await makeDraft(1, QUORUM_2);
const limited = (limits: Manifest['limits']): Manifest => ({ ...PLAIN, limits });

describe('what a demand asks for', () => {
  test('is nothing where neither the job nor its terms do', () =>
    expect(demandRequirements(PLAIN)).toEqual({}));
  test('is what the limits of the job need, and what its terms add', () => {
    const manifest = limited({ memoryBytes: 2 ** 28, gpuMemoryBytes: 2 ** 27 });
    expect(demandRequirements(manifest)).toEqual({ memoryBytes: 2 ** 28, gpuMemoryBytes: 2 ** 27 });
    expect(demandRequirements(manifest, { memoryBytes: 2 ** 30, cores: 2 })).toEqual({
      memoryBytes: 2 ** 30,
      gpuMemoryBytes: 2 ** 27,
      cores: 2,
    });
  });
  test('is a whole number of what there are no halves of', () => {
    expect(demandRequirements(PLAIN, { cores: 1.5 })).toEqual({ cores: 2 });
  });
  test('is never less than the job needs, whatever its terms say', () => {
    expect(demandRequirements(limited({ memoryBytes: 9 }), { memoryBytes: 1 })).toEqual({ memoryBytes: 9 });
  });
});

describe('terms are refused before money moves', () => {
  test.each<[string, Partial<SubmitTerms>, string]>([
    ['a round trip longer than any', { requirements: { latencyMs: 1e9 } }, 'requestor/bad-requirements'],
    ['less than nothing', { requirements: { cores: -1 } }, 'requestor/bad-requirements'],
    ['not a number', { requirements: { memoryBytes: Number.NaN } }, 'requestor/bad-requirements'],
    ['no maker that is left', { requirements: { gpuVendors: [] } }, 'requestor/bad-requirements'],
    ['a feature that is no word', { requirements: { gpuFeatures: ['a b'] } }, 'requestor/bad-requirements'],
    ['a word that is unknown', { requirements: { colour: 1 } as never }, 'requestor/bad-requirements'],
    ['a key that is none', { group: 'kiln-group-0' }, 'market/bad-group-key'],
  ])('%s', (_, change, code) => {
    expect(() => checkTerms(PLAIN, { ...TERMS, ...change })).toThrow(expect.objectContaining({ code }));
  });
  test('and sound ones are not', () => {
    expect(() =>
      checkTerms(PLAIN, { ...TERMS, group: newGroupKey(new Uint8Array(32)), requirements: { cores: 2 } }),
    ).not.toThrow();
  });
});
