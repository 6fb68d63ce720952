import { expect, test } from 'vitest';
import type { Offer } from '../protocol/announce.ts';
import type { Manifest } from '../protocol/manifest.ts';
import type { JobProviderView, SubmitTerms } from '../requestor/view.ts';
import { explainTerms, suggestCeiling } from './explain-job.ts';

const TERMS: SubmitTerms = { budget: 0n, priceCeiling: 1_000n, microUnitsPerTask: 1_000_000, seats: 4 };
const MINUTE_MS = 60_000;

function waiting(budget: bigint, providers: readonly JobProviderView[] = []) {
  const policy = { kind: 'quorum', need: 2, limit: 4, auditRate: 0 };
  const manifest = { policy, comparator: { class: 'exact' } } as unknown as Manifest;
  return { manifest, phases: ['waiting', 'waiting'] as const, verified: 0, budget, spent: 0n, providers };
}

test('the price that is suggested rises while nobody comes, as far as the budget bears', () => {
  const rich = (minutes: number) =>
    suggestCeiling(waiting(1_000_000n), TERMS, minutes * MINUTE_MS).suggestedCeiling ?? 0n;
  expect(rich(1)).toBe(0n);
  expect(rich(5)).toBeGreaterThan(1_000n);
  // It doubles in a quarter of an hour.
  expect(rich(15)).toBeGreaterThan(1_950n);
  expect(rich(15)).toBeLessThan(2_050n);
  // Two tasks, twice each, one unit of work: 4,800 pay 1,200 a unit.
  expect(suggestCeiling(waiting(4_800n), TERMS, 60 * MINUTE_MS)).toEqual({
    highestCeiling: 1_200n,
    suggestedCeiling: 1_200n,
  });
});

test('who works on a job already is no offer that it could take', () => {
  const { manifest } = waiting(0n);
  const offer = {
    ...{ provider: 'at work', chainId: 1, memoryBytes: 2 ** 30, slots: { total: 1, free: 0 } },
    kinds: [{ kind: 'wasi', microUnitsPerSecond: 1, pricePerUnit: 1n }],
  } as unknown as Offer;
  const wasi = { ...manifest, program: { kind: 'wasi' }, limits: { memoryBytes: 1 } } as unknown as Manifest;
  const offers = [offer, { ...offer, provider: 'busy' }];
  const explain = (count: number, ...states: JobProviderView['state'][]) => {
    const known = states.map((state, i) => ({ peer: ['at work', 'busy'][i]!, state }));
    return explainTerms(wasi, TERMS, offers.slice(0, count), { chainId: 1, pool: '0x00' }, known).text;
  };
  expect(explain(1)).toMatch(/^The only provider on the board does not match: it has no free slot/);
  expect(explain(1, 'working')).toBe(
    'The only matching provider already works on it. No other provider is on the board.',
  );
  expect(explain(2, 'working', 'broken')).toBe(
    'All 2 matching providers already work on it. No other provider is on the board.',
  );
  expect(explain(2, 'working')).toMatch(
    /^The only .* works on it\. The only other provider on the board does not match: it has/,
  );
  expect(explain(1, 'banned')).toBe('No other provider is on the board.');
});

test('nothing is suggested where the budget bears no more, or somebody works', () => {
  expect(suggestCeiling(waiting(4_000n), TERMS, 60 * MINUTE_MS)).toEqual({ highestCeiling: 1_000n });
  const provider = { peer: 'a', state: 'working' } as unknown as JobProviderView;
  expect(suggestCeiling(waiting(1_000_000n, [provider]), TERMS, 60 * MINUTE_MS)).toEqual({
    highestCeiling: 250_000n,
  });
});
