import { describe, expect, test } from 'vitest';
import type { Demand, Offer } from '../protocol/announce.ts';
import type { Proposal } from '../protocol/negotiate.ts';
import { checkProposal, type RequestorSide } from './match/check-proposal.ts';
import { DEFAULT_PRICE_PER_UNIT, estimate, suggestPrice } from './price/suggest-price.ts';
import { rankProposals } from './choose/rank.ts';

const address = '0x0000000000000000000000000000000000000001';
const demand: Demand = {
  requestor: 'requestor',
  addresses: [],
  job: 'job',
  name: 'clay',
  kind: 'wasi',
  requirements: { microUnitsPerSecond: 10 },
  microUnitsPerTask: 1_000_000,
  tasksLeft: 24,
  seats: { total: 3, filled: 0 },
  priceCeiling: 100n,
  policy: { kind: 'trust', auditRate: 0 },
  comparator: { class: 'exact' },
  payment: { chainId: 1, pool: address, payer: address, sessionKey: address },
  blobs: [],
  issuedAt: 0,
  expiresAt: 60_000,
};
const proposal: Proposal = {
  job: 'job',
  requestor: 'requestor',
  provider: 'p1',
  addresses: [],
  payee: '0xAA',
  kind: 'wasi',
  pricePerUnit: 100n,
  slots: 1,
  microUnitsPerSecond: 10,
  creditLimit: 0n,
  cachedBytes: 0,
  issuedAt: 0,
  expiresAt: 60_000,
};
const side: RequestorSide = {
  demand,
  seated: [],
  bannedPeers: new Set(),
  bannedPayees: new Set(),
  nowMs: 59_999,
};

describe('a proposal', () => {
  const check = (change: Partial<Proposal>, sideChange: Partial<RequestorSide> = {}) =>
    checkProposal({ ...proposal, ...change }, 'p1', { ...side, ...sideChange });

  test('at the very limits is taken', () => expect(check({})).toBeUndefined());
  test.each<[string, string, Partial<Proposal>, Partial<RequestorSide>]>([
    ['bad-signature', 'the proposal is signed by another peer', { provider: 'p2' }, {}],
    ['terms-differ', 'the proposal is meant for another requestor', { requestor: 'x' }, {}],
    ['job-unknown', 'the proposal is for another job', { job: 'x' }, {}],
    ['terms-differ', 'the job is of kind wasi', { kind: 'wgsl' }, {}],
    ['terms-differ', 'the proposal has expired; check the clock of your machine', {}, { nowMs: 60_000 }],
    ['job-ended', 'no task is left', {}, { demand: { ...demand, tasksLeft: 0 } }],
    ['banned', 'a result of this provider was rejected in this job', {}, { bannedPeers: new Set(['p1']) }],
    ['banned', 'a result of this provider was rejected in this job', {}, { bannedPayees: new Set(['0xaa']) }],
    ['price-above-ceiling', 'price 1 % above ceiling', { pricePerUnit: 101n }, {}],
    ['requirements-not-met', 'slower than the job asks for', { microUnitsPerSecond: 9 }, {}],
  ])('%s: %s', (reason, detail, change, sideChange) => {
    expect(check(change, sideChange)).toEqual({ reason, detail });
  });
  test('filled seats refuse strangers, not who sits already', () => {
    const seated = ['p2', 'p3', 'p4'].map((peer) => ({ peer, payee: `0x${peer}` }));
    expect(check({}, { seated })?.reason).toBe('seats-filled');
    expect(check({}, { seated: [...seated.slice(1), { peer: 'p1', payee: '0xaa' }] })).toBeUndefined();
  });
  test('a payee sits once: its vouchers are cumulative', () => {
    expect(check({}, { seated: [{ peer: 'p2', payee: '0xAA' }] })?.reason).toBe('same-payee');
    expect(check({}, { seated: [{ peer: 'p2', payee: '0xbb' }] })).toBeUndefined();
    expect(check({}, { seated: [{ peer: 'p1', payee: '0xaa' }] })).toBeUndefined();
  });
});

describe('rank', () => {
  const input = (provider: string, change: Partial<Proposal>, reliability = 0.5) => ({
    proposal: { ...proposal, provider, ...change },
    reliability,
  });
  const job = { priceCeiling: 100n, inputBytes: 1_000 };
  const order = (...inputs: ReturnType<typeof input>[]) =>
    rankProposals(inputs, job).map(({ input: { proposal } }) => proposal.provider);

  test('each quality alone decides between equals', () => {
    expect(order(input('a', {}), input('b', { pricePerUnit: 50n }))).toEqual(['b', 'a']);
    expect(order(input('a', {}), input('b', { microUnitsPerSecond: 20 }))).toEqual(['b', 'a']);
    expect(order(input('a', {}), input('b', {}, 0.9))).toEqual(['b', 'a']);
    expect(order(input('a', {}), input('b', { cachedBytes: 1_000 }))).toEqual(['b', 'a']);
  });
  test('weights can be changed, and the parts stay visible', () => {
    const cheap = input('cheap', { pricePerUnit: 25n }, 0.1);
    const sure = input('sure', {}, 0.9);
    const byTrust = rankProposals([cheap, sure], job, { price: 1, speed: 0, reliability: 9, cached: 0 });
    expect(byTrust[0]!.input.proposal.provider).toBe('sure');
    expect(byTrust[1]!.parts).toEqual({ price: 0.75, speed: 1, reliability: 0.1, cached: 0 });
    expect(byTrust[1]!.score).toBeCloseTo(0.075 + 0.09, 12);
  });
  test('claims beyond all inputs, or a ceiling of zero, give no more than the full part', () => {
    const [ranked] = rankProposals([input('a', { cachedBytes: 1e12 })], { priceCeiling: 0n, inputBytes: 1 });
    expect(ranked!.parts).toMatchObject({ cached: 1, price: 0 });
  });
});

describe('price', () => {
  const offer = (pricePerUnit: bigint, free = 1): Offer => ({
    provider: 'p',
    addresses: [],
    payee: address,
    chainId: 1,
    kinds: [{ kind: 'wasi', microUnitsPerSecond: 1, pricePerUnit }],
    slots: { total: 1, free },
    memoryBytes: 1,
    issuedAt: 0,
    expiresAt: 1,
  });
  test('the median of what is asked, the default on an empty board', () => {
    expect(suggestPrice([offer(9n), offer(1n), offer(1_000n)], 'wasi')).toBe(9n);
    expect(suggestPrice([offer(9n)], 'wgsl')).toBe(DEFAULT_PRICE_PER_UNIT.wgsl);
  });
  test('tasks × units × price × results per task, each task rounded up', () => {
    expect(estimate([offer(9n), offer(9n, 0)], 'wasi', 500_001, 10, 2)).toEqual({
      pricePerUnit: 9n,
      total: 5n * 20n,
      providers: 1,
    });
  });
});
