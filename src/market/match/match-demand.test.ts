import { describe, expect, test } from 'vitest';
import type { Demand } from '../../protocol/announce.ts';
import { answerDelayMs, MAX_ANSWER_WINDOW_MS, MIN_ANSWER_WINDOW_MS } from './answer-delay.ts';
import { matchDemand, type ProviderSide } from './match-demand.ts';

const pool = '0x00000000000000000000000000000000000000Aa';
const demand: Demand = {
  requestor: 'requestor',
  addresses: [],
  job: 'job',
  name: 'clay',
  kind: 'wgsl',
  requirements: { memoryBytes: 2 ** 30, gpuMemoryBytes: 2 ** 30, microUnitsPerSecond: 1_000 },
  microUnitsPerTask: 1_000_000,
  tasksLeft: 24,
  seats: { total: 3, filled: 2 },
  priceCeiling: 100n,
  policy: { kind: 'adaptive', auditRate: 0 },
  comparator: { class: 'exact' },
  payment: { chainId: 31_337, pool, payer: pool, sessionKey: pool },
  blobs: [],
  issuedAt: 0,
  expiresAt: 60_000,
};
const provider: ProviderSide = {
  peer: 'provider',
  rules: { kinds: ['wasi', 'wgsl'], pricePerUnit: { wasi: 1n, wgsl: 100n, onnx: 1n }, blockedRequestors: [] },
  payment: { chainId: 31_337, pool: pool.toLowerCase() },
  memoryBytes: 2 ** 30,
  gpuMemoryBytes: 2 ** 30,
  scores: { wgsl: 1_000 },
  freeSlots: { wgsl: 1 },
};

test('fits at its own price, up to the very limits', () => {
  expect(matchDemand(demand, provider, 59_999)).toEqual({ fits: true, pricePerUnit: 100n });
});

describe('each refusal has its name and words', () => {
  const rules = provider.rules;
  test.each<[string, string, Partial<Demand>, Partial<ProviderSide>, number?]>([
    ['own-demand', 'this is your own job', { requestor: 'provider' }, {}],
    ['expired', 'the demand has expired', {}, {}, 60_000],
    ['no-work-left', 'no task is left', { tasksLeft: 0 }, {}],
    ['seats-filled', 'all 3 seats are filled', { seats: { total: 3, filled: 3 } }, {}],
    [
      'requestor-blocked',
      'the requestor is blocked',
      {},
      { rules: { ...rules, blockedRequestors: ['requestor'] } },
    ],
    ['kind-not-accepted', 'wgsl jobs are not accepted', {}, { rules: { ...rules, kinds: ['wasi'] } }],
    [
      'price-too-low',
      'price 20 % above ceiling',
      {},
      { rules: { ...rules, pricePerUnit: { wasi: 1n, wgsl: 120n, onnx: 1n } } },
    ],
    ['price-too-low', 'the ceiling is zero', { priceCeiling: 0n }, {}],
    ['other-payment', 'pays through another contract (chain 31337)', {}, { payment: { chainId: 137, pool } }],
    ['not-enough-memory', 'needs 2 GiB memory', { requirements: { memoryBytes: 2 ** 31 } }, {}],
    [
      'not-enough-gpu-memory',
      'needs 1.5 GiB GPU memory',
      { requirements: { gpuMemoryBytes: 1.5 * 2 ** 30 } },
      {},
    ],
    ['not-measured', 'the speed for wgsl is not measured yet', {}, { scores: {} }],
    ['too-slow', 'reaches 99 % of the speed asked for', {}, { scores: { wgsl: 999 } }],
    ['no-free-slot', 'no free slot for wgsl', {}, { freeSlots: {} }],
  ])('%s: %s', (code, text, demandChange, providerChange, nowMs = 0) => {
    const match = matchDemand({ ...demand, ...demandChange }, { ...provider, ...providerChange }, nowMs);
    expect(match).toEqual({ fits: false, reasons: [{ code, text }] });
  });
  test('a machine without a GPU is told once', () => {
    const { gpuMemoryBytes: _, ...cpuOnly } = provider;
    expect(matchDemand(demand, cpuOnly, 0)).toEqual({
      fits: false,
      reasons: [{ code: 'needs-gpu', text: 'needs a GPU' }],
    });
  });
  test('all reasons are named', () => {
    const match = matchDemand(
      { ...demand, tasksLeft: 0, priceCeiling: 1n },
      { ...provider, freeSlots: {} },
      0,
    );
    expect(match.fits ? [] : match.reasons.map(({ code }) => code)).toEqual([
      'no-work-left',
      'price-too-low',
      'no-free-slot',
    ]);
  });
});

describe('the delay of an answer', () => {
  test('none when the seats are filled', () =>
    expect(answerDelayMs({ total: 2, filled: 2 }, 1, 0.5)).toBeUndefined());
  test('its window shrinks as the rank grows, also for ranks out of range', () => {
    const seats = { total: 2, filled: 1 };
    expect(answerDelayMs(seats, 1, 1)).toBe(MIN_ANSWER_WINDOW_MS);
    expect(answerDelayMs(seats, 0, 1)).toBe(MAX_ANSWER_WINDOW_MS);
    expect(answerDelayMs(seats, 0.5, 1)).toBe((MIN_ANSWER_WINDOW_MS + MAX_ANSWER_WINDOW_MS) / 2);
    expect(answerDelayMs(seats, -3, 1)).toBe(MAX_ANSWER_WINDOW_MS);
    expect(answerDelayMs(seats, 0, 0)).toBe(0);
  });
});
