import { describe, expect, test } from 'vitest';
import { PROPOSAL } from '../../protocol/messages.fixture.ts';
import type { Proposal } from '../../protocol/negotiate.ts';
import { DEFAULT_RANK_WEIGHTS, type RankedInput, rankProposals, type RankWeights } from './rank.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = 100 * HOUR_MS;
const job = { priceCeiling: 100n, inputBytes: 1_000, nowMs: NOW_MS };
const NONE: RankWeights = { price: 0, speed: 0, reliability: 0, uptime: 0, connection: 0, cached: 0 };

function input(
  provider: string,
  change: Partial<Proposal> = {},
  known: Partial<RankedInput> = {},
): RankedInput {
  const proposal = {
    ...PROPOSAL,
    provider,
    pricePerUnit: 100n,
    slots: 1,
    microUnitsPerSecond: 10,
    ...change,
  };
  return { proposal, reliability: 0.5, ...known };
}
const order = (inputs: RankedInput[], weights?: RankWeights) =>
  rankProposals(inputs, job, weights).map(({ input: { proposal } }) => proposal.provider);

describe('each quality alone decides between equals', () => {
  test.each<[keyof RankWeights, Partial<Proposal>, Partial<RankedInput>]>([
    ['price', { pricePerUnit: 50n }, {}],
    ['speed', { microUnitsPerSecond: 20 }, {}],
    ['speed', { slots: 2 }, {}],
    ['speed', { microUnitsPerSecond: 1_000 }, { seenMicroUnitsPerSecond: 11 }],
    ['reliability', {}, { reliability: 0.9 }],
    ['uptime', { since: NOW_MS - HOUR_MS }, {}],
    ['connection', {}, { connection: { rttMs: 20, isRelayed: false } }],
    ['connection', {}, { connection: { bitsPerSecond: 1e9, isRelayed: false } }],
    ['cached', { cachedBytes: 1_000 }, {}],
  ])('%s: %o %o', (name, change, known) => {
    const [a, b] = [input('a'), input('b', change, known)];
    expect(order([a, b])).toEqual(['b', 'a']);
    expect(order([b, a])).toEqual(['b', 'a']);
    expect(order([a, b], { ...NONE, [name]: 1 })).toEqual(['b', 'a']);
    expect(order([a, b], { ...DEFAULT_RANK_WEIGHTS, [name]: 0 })).toEqual(['a', 'b']);
  });
});

test('a relayed, a slow and an unknown connection come after a direct and quick one, in their order', () => {
  const by = (provider: string, connection?: RankedInput['connection']) =>
    input(provider, {}, connection === undefined ? {} : { connection });
  expect(
    order([
      by('relayed', { rttMs: 10, isRelayed: true }),
      by('slow', { rttMs: 450, isRelayed: false }),
      by('unknown'),
      by('quick', { rttMs: 10, isRelayed: false }),
    ]),
  ).toEqual(['quick', 'unknown', 'slow', 'relayed']);
});
test('weights can be changed, and the parts stay visible', () => {
  const cheap = input('cheap', { pricePerUnit: 25n, since: NOW_MS - HOUR_MS }, { reliability: 0.1 });
  const sure = input('sure', {}, { reliability: 0.9 });
  const [first, second] = rankProposals([cheap, sure], job, { ...NONE, price: 1, reliability: 9 });
  expect(first!.input.proposal.provider).toBe('sure');
  expect(second!.parts).toEqual({
    price: 0.75,
    speed: 0.5,
    reliability: 0.1,
    uptime: 0.5,
    connection: 0.5,
    cached: 0,
  });
  expect(second!.score).toBeCloseTo(0.075 + 0.09, 12);
});

describe('a claim is bounded', () => {
  test('a fantastic speed, cache or uptime is worth no more than the full part', () => {
    const wild = input('wild', { cachedBytes: 1e15, microUnitsPerSecond: 1e15, since: -1e15 });
    const [ranked] = rankProposals([input('a'), wild], { ...job, priceCeiling: 0n, inputBytes: 1 });
    expect(ranked!.parts).toMatchObject({ cached: 1, price: 0 });
    for (const part of Object.values(ranked!.parts)) expect(part).toBeLessThanOrEqual(1);
  });
  test('it does not make all others look alike', () => {
    const inputs = [
      input('liar', { microUnitsPerSecond: 1e15, pricePerUnit: 100n }, { reliability: 0 }),
      input('slow', { microUnitsPerSecond: 10 }),
      input('quick', { microUnitsPerSecond: 30 }),
    ];
    expect(order(inputs)).toEqual(['quick', 'slow', 'liar']);
  });
  test('a session that begins tomorrow has not begun', () => {
    expect(rankProposals([input('a', { since: NOW_MS + HOUR_MS })], job)[0]!.parts.uptime).toBe(0);
  });
});

test('odd weights break nothing: none at all, negative ones, NaN', () => {
  for (const odd of [NONE, { ...NONE, price: -1 }, { ...NONE, price: Number.NaN }])
    expect(rankProposals([input('a'), input('b')], job, odd).map(({ score }) => score)).toEqual([0, 0]);
  expect(rankProposals([], job)).toEqual([]);
});
