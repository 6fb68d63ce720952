import { describe, expect, test } from 'vitest';
import type { Demand } from '../../protocol/announce.ts';
import type { Capabilities, Requirements } from '../../protocol/capabilities.ts';
import { answerDelayMs, MAX_ANSWER_WINDOW_MS, MIN_ANSWER_WINDOW_MS } from './answer-delay.ts';
import { newGroupKey, parseGroupKey } from './group-key.ts';
import { proveMember } from './group-proof.ts';
import { matchDemand, type ProviderSide } from './match-demand.ts';

const pool = '0x00000000000000000000000000000000000000Aa';
const demand: Demand = {
  requestor: 'requestor',
  addresses: [],
  job: 'job',
  name: 'clay',
  kind: 'wgsl',
  requirements: {},
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
const capabilities: Capabilities = {
  cores: 4,
  memoryBytes: 2 ** 30,
  storageBytes: 2 ** 31,
  downBitsPerSecond: 20_000_000,
  latencyMs: 40,
  scores: { wgsl: 1_000_000, wasi: 2_000_000 },
  gpu: {
    name: 'some GPU',
    vendor: 'amd',
    memoryBytes: 2 ** 30,
    features: ['shader-f16'],
    limits: { maxBufferSize: 2 ** 28, minStorageBufferOffsetAlignment: 256 },
  },
};
const provider: ProviderSide = {
  peer: 'provider',
  rules: { kinds: ['wasi', 'wgsl'], pricePerUnit: { wasi: 1n, wgsl: 100n, onnx: 1n }, blockedRequestors: [] },
  payment: { chainId: 31_337, pool: pool.toLowerCase() },
  capabilities,
  freeSlots: { wgsl: 1 },
};
const KEY = newGroupKey(new Uint8Array(32).fill(1));
const OTHER_KEY = newGroupKey(new Uint8Array(32).fill(2));
const groupOf = (key: string, peer = 'requestor', job = 'job', expiresAt = 60_000) =>
  proveMember(parseGroupKey(key), { role: 'requestor', peer, job, expiresAt });

test('fits at its own price, up to the very limits of everything', () => {
  const requirements: Requirements = {
    memoryBytes: 2 ** 30,
    gpuMemoryBytes: 2 ** 30,
    microUnitsPerSecond: 1_000_000,
    cores: 4,
    storageBytes: 2 ** 31,
    downBitsPerSecond: 20_000_000,
    latencyMs: 40,
    scores: { wasi: 2_000_000 },
    gpuFeatures: ['shader-f16'],
    gpuLimits: { maxBufferSize: 2 ** 28, minStorageBufferOffsetAlignment: 256 },
    gpuVendors: ['nvidia', 'amd'],
  };
  expect(matchDemand({ ...demand, requirements }, provider, 59_999)).toEqual({
    fits: true,
    pricePerUnit: 100n,
  });
});

describe('each refusal has its name and words', () => {
  const { rules } = provider;
  const gpu = capabilities.gpu!;
  const needs = (requirements: Requirements): Partial<Demand> => ({ requirements });
  const has = (change: Partial<Capabilities>): Partial<ProviderSide> => ({
    capabilities: { ...capabilities, ...change },
  });
  const cases: [string, string, Partial<Demand>, Partial<ProviderSide>, number?][] = [
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
      'price 20 % above what the job pays',
      {},
      { rules: { ...rules, pricePerUnit: { wasi: 1n, wgsl: 120n, onnx: 1n } } },
    ],
    ['price-too-low', 'the highest price is zero', { priceCeiling: 0n }, {}],
    ['other-payment', 'pays through another contract (chain 31337)', {}, { payment: { chainId: 137, pool } }],
    [
      'other-payment',
      'pays through another contract (chain 31337)',
      {},
      { payment: { chainId: 31_337, pool: '0x1' } },
    ],
    ['not-in-group', 'for members of a private group only', { group: groupOf(KEY) }, {}],
    [
      'not-in-group',
      'for members of a private group only',
      { group: groupOf(KEY) },
      { rules: { ...rules, groups: [OTHER_KEY, 'no key'] } },
    ],
    [
      'not-in-group',
      'for members of a private group only',
      { group: groupOf(KEY, 'another requestor') },
      { rules: { ...rules, groups: [KEY] } },
    ],
    [
      'private-only',
      'this machine works for its private groups only',
      {},
      { rules: { ...rules, isPrivate: true, groups: [KEY] } },
    ],
    ['too-little', 'needs 2 GiB memory, has 1 GiB', needs({ memoryBytes: 2 ** 31 }), {}],
    ['too-little', 'needs 1.5 GiB GPU memory, has 1 GiB', needs({ gpuMemoryBytes: 1.5 * 2 ** 30 }), {}],
    [
      'too-little',
      'needs 2 GiB GPU memory, has 0.25 GiB',
      needs({ gpuMemoryBytes: 2 ** 31 }),
      has({ gpu: { ...gpu, memoryBytes: 2 ** 28 } }),
    ],
    ['too-little', 'needs 5 cores, has 4', needs({ cores: 5 }), {}],
    ['too-little', 'needs 3 GiB storage, has 2 GiB', needs({ storageBytes: 3 * 2 ** 30 }), {}],
    [
      'too-little',
      'needs 25 Mbit/s downstream bandwidth, has 20 Mbit/s',
      needs({ downBitsPerSecond: 25_000_000 }),
      {},
    ],
    [
      'not-measured',
      'needs 25 Mbit/s downstream bandwidth, which is not measured yet',
      needs({ downBitsPerSecond: 25_000_000 }),
      { capabilities: (({ downBitsPerSecond: _, ...rest }) => rest)(capabilities) },
    ],
    ['too-little', 'needs a round trip of at most 39 ms, has 40 ms', needs({ latencyMs: 39 }), {}],
    [
      'too-little',
      'needs 1 × the reference speed, has 0.999 × the reference',
      needs({ microUnitsPerSecond: 1_000_000 }),
      has({ scores: { wgsl: 999_999 } }),
    ],
    [
      'too-little',
      'needs 2.5 × the reference wasi speed, has 2 × the reference',
      needs({ scores: { wasi: 2_500_000 } }),
      {},
    ],
    [
      'not-measured',
      'needs 0.5 × the reference onnx speed, which is not measured yet',
      needs({ scores: { onnx: 500_000 } }),
      {},
    ],
    ['speed-not-measured', 'the speed for wgsl is not measured yet', {}, has({ scores: { wasi: 1 } })],
    [
      'not-measured',
      'needs 1 × the reference speed, which is not measured yet',
      needs({ microUnitsPerSecond: 1_000_000 }),
      has({ scores: {} }),
    ],
    [
      'lacks-feature',
      'needs the GPU feature timestamp-query',
      needs({ gpuFeatures: ['shader-f16', 'timestamp-query'] }),
      {},
    ],
    [
      'too-little',
      'needs 536870912 maxBufferSize, has 268435456',
      needs({ gpuLimits: { maxBufferSize: 2 ** 29 } }),
      {},
    ],
    [
      'too-little',
      'needs a minStorageBufferOffsetAlignment of at most 32, has 256',
      needs({ gpuLimits: { minStorageBufferOffsetAlignment: 32 } }),
      {},
    ],
    [
      'not-measured',
      'needs 1 toString, which is not measured yet',
      needs({ gpuLimits: { toString: 1 } as Record<string, number> }),
      {},
    ],
    [
      'other-vendor',
      'needs a GPU by nvidia or intel, has one by amd',
      needs({ gpuVendors: ['nvidia', 'intel'] }),
      {},
    ],
    [
      'not-measured',
      'needs a GPU whose numeric class is known, which is not measured yet',
      { policy: { ...demand.policy, sameNumericClass: true } },
      {},
    ],
    ['no-free-slot', 'no free slot for wgsl', {}, { freeSlots: {} }],
    [
      'no-free-slot',
      'no free slot for wgsl while a person uses this machine',
      {},
      { freeSlots: { wgsl: 0 }, isInUse: true },
    ],
  ];
  test.each(cases)('%s: %s', (code, text, demandChange, providerChange, nowMs = 0) => {
    const match = matchDemand({ ...demand, ...demandChange }, { ...provider, ...providerChange }, nowMs);
    expect(match.fits ? [] : match.reasons.map((reason) => [reason.code, reason.text])).toEqual([
      [code, text],
    ]);
  });
  test('what is about a property names it, with what is asked and what is there', () => {
    const match = matchDemand({ ...demand, ...needs({ gpuMemoryBytes: 2 ** 31 }) }, provider, 0);
    expect(match).toMatchObject({
      reasons: [{ property: 'kiln.gpu.mem.gib', asked: '2 GiB', has: '1 GiB', gap: { asked: 2, has: 1 } }],
    });
  });
  test('a member of the group fits, also when it takes nothing else', () => {
    for (const isPrivate of [false, true]) {
      const member = {
        ...provider,
        rules: { ...rules, groups: ['no key', OTHER_KEY, ` ${KEY} `], isPrivate },
      };
      expect(matchDemand({ ...demand, group: groupOf(KEY) }, member, 0).fits).toBe(true);
    }
  });
  test('a machine without a GPU is told once, whatever is asked of the GPU', () => {
    const { gpu: _, ...cpuOnly } = capabilities;
    const wants = needs({
      gpuMemoryBytes: 1,
      gpuFeatures: ['shader-f16'],
      gpuLimits: { maxBufferSize: 1 },
      gpuVendors: ['amd'],
    });
    const side = { ...provider, capabilities: { ...cpuOnly, scores: { wasi: 1 } }, freeSlots: {} };
    for (const change of [wants, needs({})]) {
      const match = matchDemand({ ...demand, ...change }, side, 0);
      expect(match.fits ? [] : match.reasons.map(({ text }) => text)).toEqual(['needs a GPU']);
    }
  });
  test('a program that asks for nothing of a GPU needs none', () => {
    const { gpu: _, ...cpuOnly } = capabilities;
    const side = { ...provider, capabilities: cpuOnly, freeSlots: { wasi: 1 } };
    const change: Partial<Demand> = { kind: 'wasi', requirements: { gpuFeatures: [], gpuLimits: {} } };
    expect(matchDemand({ ...demand, ...change }, side, 0).fits).toBe(true);
  });
  test('all reasons are named', () => {
    const match = matchDemand(
      { ...demand, tasksLeft: 0, priceCeiling: 1n, requirements: { cores: 9, memoryBytes: 2 ** 40 } },
      { ...provider, freeSlots: {} },
      0,
    );
    expect(match.fits ? [] : match.reasons.map(({ code }) => code)).toEqual([
      'no-work-left',
      'price-too-low',
      'too-little',
      'too-little',
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
