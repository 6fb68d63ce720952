import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import type { Offer } from '../../protocol/announce.ts';
import { DEFAULT_PRICE_PER_UNIT, estimate, suggestPrice } from './suggest-price.ts';

let number = 0;
function offer(pricePerUnit: bigint, change: Partial<Offer> & { free?: number; total?: number } = {}): Offer {
  const { free = 1, total = 1, ...rest } = change;
  number++;
  return {
    provider: `p${number}`,
    addresses: [],
    payee: `0x${number.toString(16).padStart(40, '0')}`,
    chainId: 1,
    kinds: [{ kind: 'wasi', microUnitsPerSecond: 1, pricePerUnit }],
    slots: { total, free },
    memoryBytes: 1,
    issuedAt: 0,
    expiresAt: 1,
    ...rest,
  };
}
const offers = (...prices: bigint[]) => prices.map((price) => offer(price));

describe('the suggested price', () => {
  test('is the median of what is asked, the default on an empty board', () => {
    expect(suggestPrice(offers(9n, 1n, 1_000n), 'wasi')).toBe(9n);
    expect(suggestPrice(offers(9n), 'wgsl')).toBe(DEFAULT_PRICE_PER_UNIT.wgsl);
    expect(suggestPrice([], 'wasi')).toBe(DEFAULT_PRICE_PER_UNIT.wasi);
  });
  test('moves little for an outlier, however wild', () => {
    expect(suggestPrice(offers(8n, 9n, 10n, 11n, 10n ** 30n), 'wasi')).toBe(10n);
    expect(suggestPrice(offers(8n, 9n, 10n, 11n, 0n), 'wasi')).toBe(9n);
  });
  test('hears one payee once, at its lowest price, and no more slots than eight', () => {
    const payee = `0x${'ff'.repeat(20)}`;
    const crowd = Array.from({ length: 100 }, (_, i) => offer(1_000n + BigInt(i), { payee, total: 1_000 }));
    const others = Array.from({ length: 9 }, () => offer(10n));
    expect(suggestPrice([...others, ...crowd], 'wasi')).toBe(10n);
    expect(suggestPrice(crowd, 'wasi')).toBe(1_000n);
  });
  test('weighs by slots that work is there for', () => {
    expect(suggestPrice([offer(5n, { total: 4 }), offer(9n), offer(10n)], 'wasi')).toBe(5n);
    expect(suggestPrice([offer(5n, { total: 0 }), offer(9n), offer(10n)], 'wasi')).toBe(9n);
  });
});

describe('where some are known from own jobs', () => {
  const known = offers(90n, 100n, 110n);
  const records = new Map(known.map(({ provider }) => [provider, 0.9]));
  const reliability = (provider: string) => records.get(provider);

  test.each([[1n], [10n ** 30n]])(
    'no crowd of strangers at %i moves it out of what the known ones ask',
    (price) => {
      for (const count of [1, 10, 1_000]) {
        const crowd = Array.from({ length: count }, () => offer(price, { total: 100 }));
        const suggested = suggestPrice([...known, ...crowd], 'wasi', reliability);
        expect(suggested).toBeGreaterThanOrEqual(90n);
        expect(suggested).toBeLessThanOrEqual(110n);
      }
    },
  );
  test('a stranger that names the payee of a known one speaks for itself alone', () => {
    const forged = known.map(({ payee }) => offer(0n, { payee }));
    expect(suggestPrice([...known, ...forged], 'wasi', reliability)).toBeGreaterThanOrEqual(90n);
  });
  test('who failed weighs less than who delivered', () => {
    const [a, b, c] = known;
    const trusted = (provider: string) => (provider === c!.provider ? 0.95 : 0.2);
    expect(suggestPrice([a!, b!, c!], 'wasi', trusted)).toBe(110n);
  });
  test('two are too few to speak for a market; strangers count as they are', () => {
    const two = known.slice(0, 2);
    const crowd = offers(10n, 10n, 10n, 10n);
    expect(suggestPrice([...two, ...crowd], 'wasi', reliability)).toBe(10n);
  });
  test('holds for any board and any crowd', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 200; round++) {
      const honest = Array.from({ length: 3 + Math.floor(random() * 5) }, () =>
        offer(BigInt(50 + Math.floor(random() * 100)), { total: 1 + Math.floor(random() * 12) }),
      );
      const trust = new Map(honest.map(({ provider }) => [provider, 0.1 + 0.9 * random()]));
      const crowd = Array.from({ length: Math.floor(random() * 60) }, () =>
        offer(BigInt(Math.floor(random() * 1_000)), { total: Math.floor(random() * 50) }),
      );
      const prices = honest.map(({ kinds }) => kinds[0]!.pricePerUnit);
      const suggested = suggestPrice([...crowd, ...honest], 'wasi', (peer) => trust.get(peer));
      expect(prices.some((price) => price <= suggested) && prices.some((price) => price >= suggested)).toBe(
        true,
      );
    }
  });
});

test('an estimate: tasks × units × price × results per task, each task rounded up', () => {
  expect(estimate([offer(9n), offer(9n, { free: 0 })], 'wasi', 500_001, 10, 2)).toEqual({
    pricePerUnit: 9n,
    total: 5n * 20n,
    providers: 1,
  });
});
