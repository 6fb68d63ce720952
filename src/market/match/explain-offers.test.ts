import { describe, expect, test } from 'vitest';
import type { Offer } from '../../protocol/announce.ts';
import type { Capabilities } from '../../protocol/capabilities.ts';
import { explainOffers, type WantedTerms } from './explain-offers.ts';

const address = '0x00000000000000000000000000000000000000aa';
const wanted: WantedTerms = {
  kind: 'wgsl',
  requirements: { gpuMemoryBytes: 2 ** 31 },
  priceCeiling: 100n,
  payment: { chainId: 1, pool: address },
};
const gpu = { name: 'some GPU', vendor: 'amd' as const, memoryBytes: 2 ** 32, features: ['f16'], limits: {} };
const capabilities: Capabilities = { cores: 1, memoryBytes: 2 ** 30, storageBytes: 0, scores: {}, gpu };
let number = 0;
const offer = (price: bigint, gpuGib = 4, change: Partial<Offer> = {}): Offer => ({
  provider: `p${++number}`,
  addresses: [],
  payee: address,
  chainId: 1,
  kinds: [{ kind: 'wgsl', microUnitsPerSecond: 1_000_000, pricePerUnit: price }],
  slots: { total: 1, free: 1 },
  memoryBytes: 2 ** 30,
  capabilities: { ...capabilities, gpu: { ...gpu, memoryBytes: gpuGib * 2 ** 30 } },
  issuedAt: 0,
  expiresAt: 1,
  ...change,
});
const many = (count: number, make: (i: number) => Offer) => Array.from({ length: count }, (_, i) => make(i));

test('a dozen offers of which none matches: what stands against how many, and what would help most', () => {
  const offers = [
    ...many(5, (i) => offer(120n + BigInt(i))),
    ...many(2, () => offer(1_000n)),
    ...many(3, (i) => offer(90n, 0.25 * (i + 1))),
    ...many(2, () => offer(130n, 1)),
  ];
  const report = explainOffers(wanted, offers);
  expect(report.text).toBe(
    '12 providers are on the board, but none matches: 9 ask more than the highest price (the cheapest 20 % above it), ' +
      '5 have less than 2 GiB GPU memory (the most is 1 GiB).',
  );
  expect(report).toMatchObject({ offers: 12, matching: 0 });
  expect(report.reasons.map(({ code, property, offers: count }) => [code, property, count])).toEqual([
    ['price-too-low', 'kiln.price', 9],
    ['too-little', 'kiln.gpu.mem.gib', 5],
  ]);
  expect(report.remedies).toEqual([
    {
      code: 'price-too-low',
      property: 'kiln.price',
      more: 5,
      priceCeiling: 124n,
      text: 'raise the ceiling: 5 more',
    },
    {
      code: 'too-little',
      property: 'kiln.gpu.mem.gib',
      more: 2,
      value: 0.5,
      text: 'ask for 0.5 GiB GPU memory: 2 more',
    },
  ]);
});

describe('every remedy does what it says', () => {
  const offers = [
    ...many(4, (i) => offer(101n + 40n * BigInt(i))),
    ...many(3, (i) => offer(100n, 1.75 - 0.25 * i)),
    offer(100n, 4, { capabilities: { ...capabilities, latencyMs: 90 } }),
    offer(100n, 4, { capabilities: { ...capabilities, latencyMs: 300 } }),
  ];
  const strict: WantedTerms = { ...wanted, requirements: { ...wanted.requirements, latencyMs: 50 } };
  const near = offers.map((one) => {
    const { capabilities: has } = one;
    return has?.latencyMs === undefined ? { ...one, capabilities: { ...has!, latencyMs: 10 } } : one;
  });
  const before = explainOffers(strict, near);
  test.each(before.remedies.map((remedy) => [remedy.text, remedy] as const))('%s', (_, remedy) => {
    const changed: WantedTerms = {
      ...strict,
      priceCeiling: remedy.priceCeiling ?? strict.priceCeiling,
      requirements: {
        gpuMemoryBytes: remedy.property === 'kiln.gpu.mem.gib' ? remedy.value! * 2 ** 30 : 2 ** 31,
        latencyMs: remedy.property === 'kiln.net.latency.ms' ? remedy.value! : 50,
      },
    };
    expect(explainOffers(changed, near).matching).toBe(before.matching + remedy.more);
  });
  test('and there is one for each thing in the way', () => {
    expect(before.remedies.map(({ text }) => text)).toEqual([
      'raise the ceiling: 3 more',
      'ask for 1.25 GiB GPU memory: 3 more',
      'ask for a round trip of 90 ms: 1 more',
    ]);
  });
});

test.each<[string, Partial<WantedTerms>, Offer[], string]>([
  ['an empty board', {}, [], 'No provider is on the board.'],
  [
    'a private group',
    { isForGroup: true },
    [],
    'No provider is on the board. Only members of the group can answer; the board does not tell who they are.',
  ],
  ['one that matches', {}, [offer(1n)], 'The only provider on the board matches.'],
  ['three that match', {}, many(3, () => offer(1n)), '3 providers are on the board and all match.'],
  [
    'another kind and another chain',
    {},
    [offer(1n, 4, { kinds: [] }), offer(1n, 4, { chainId: 5 })],
    '2 providers are on the board, but none matches: 1 takes no wgsl jobs, 1 is paid through another contract.',
  ],
  [
    'busy ones',
    {},
    [offer(1n, 4, { slots: { total: 3, free: 0 } }), offer(1n)],
    '2 providers are on the board, 1 of them matches; 1 has no free slot.',
  ],
  [
    'a free job',
    { priceCeiling: 0n },
    [offer(1n)],
    'The only provider on the board does not match: it asks more than the highest price (the highest price is zero).',
  ],
  [
    'others than those at work',
    { isForMore: true },
    [offer(1n)],
    'The only other provider on the board matches.',
  ],
  ['nobody but those at work', { isForMore: true }, [], 'No other provider is on the board.'],
])('%s', (_, change, offers, text) => {
  expect(explainOffers({ ...wanted, ...change }, offers).text).toBe(text);
});

test('an offer that says nothing of its capabilities is taken by what it says', () => {
  const { capabilities: _, ...bare } = offer(1n);
  const report = explainOffers({ ...wanted, requirements: { memoryBytes: 2 ** 31 } }, [
    bare,
    { ...bare, gpu: 'x' },
  ]);
  expect(report.reasons.map(({ text }) => text)).toEqual([
    '2 have less than 2 GiB memory (the most is 1 GiB)',
    '1 lends no GPU',
  ]);
});
