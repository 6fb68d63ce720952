import { describe, expect, test } from 'vitest';
import type { Capabilities } from '../../protocol/capabilities.ts';
import { MAX_REASON_CHARS } from '../../protocol/constants.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { Proposal } from '../../protocol/negotiate.ts';
import { newGroupKey, parseGroupKey } from './group-key.ts';
import { proveMember } from './group-proof.ts';
import { checkProposal, type RequestorSide } from './check-proposal.ts';

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
    ['price-above-ceiling', 'price 1 % above what the job pays', { pricePerUnit: 101n }, {}],
    [
      'requirements-not-met',
      'needs 0.00001 × the reference speed, has 0.000009 × the reference',
      { microUnitsPerSecond: 9 },
      {},
    ],
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

describe('the machine of a proposal', () => {
  const capabilities: Capabilities = {
    cores: 2,
    memoryBytes: 2 ** 30,
    storageBytes: 0,
    scores: { wgsl: 10, wasi: 1_000_000 },
    gpu: {
      name: 'x',
      vendor: 'amd',
      memoryBytes: 2 ** 28,
      features: [],
      limits: {},
      numericClass: 'aa'.repeat(32),
    },
  };
  const check = (requirements: Demand['requirements'], change: Partial<Proposal> = {}) =>
    checkProposal({ ...proposal, ...change }, 'p1', { ...side, demand: { ...demand, requirements } });

  test('has to have all that is asked for, and hears of all that it lacks', () => {
    expect(check({ memoryBytes: 2 ** 30, cores: 2 }, { capabilities })).toBeUndefined();
    expect(check({ memoryBytes: 2 ** 31, cores: 3, gpuMemoryBytes: 2 ** 31 }, { capabilities })).toEqual({
      reason: 'requirements-not-met',
      detail: 'needs 2 GiB memory, has 1 GiB; needs 3 cores, has 2; needs 2 GiB GPU memory, has 0.25 GiB',
    });
  });
  test('has nothing that it does not tell', () => {
    expect(check({ memoryBytes: 1 })?.reason).toBe('requirements-not-met');
    expect(check({})).toBeUndefined();
  });
  test('is as fast as its proposal says, not as its list of scores does', () => {
    const need = { microUnitsPerSecond: 11 };
    expect(check(need, { capabilities, microUnitsPerSecond: 10 })?.reason).toBe('requirements-not-met');
    expect(check(need, { capabilities, microUnitsPerSecond: 11 })).toBeUndefined();
  });
  test('can lack so much that the refusal is cut to what may be sent', () => {
    const gpuFeatures = Array.from({ length: 40 }, (_, i) => `feature-${i}`);
    expect(check({ gpuFeatures }, { capabilities })?.detail.length).toBe(MAX_REASON_CHARS);
  });
  test('whose GPU has no known class gets no seat where results are compared bit for bit', () => {
    const same: Demand = {
      ...demand,
      kind: 'wgsl',
      policy: { kind: 'trust', auditRate: 0, sameNumericClass: true },
    };
    const { numericClass: _, ...unknown } = capabilities.gpu!;
    const reasonFor = (gpu: Capabilities['gpu'], one: Demand = same) =>
      checkProposal({ ...proposal, kind: one.kind, capabilities: { ...capabilities, gpu } }, 'p1', {
        ...side,
        demand: one,
      })?.reason;
    expect(reasonFor(capabilities.gpu)).toBeUndefined();
    expect(reasonFor(unknown)).toBe('other-numeric-class');
    expect(reasonFor(unknown, { ...same, policy: demand.policy })).toBeUndefined();
    expect(reasonFor(unknown, { ...same, kind: 'wasi' })).toBeUndefined();
  });
});

describe('a job for a private group', () => {
  const groupKey = newGroupKey(new Uint8Array(32).fill(3));
  const prove = (
    text: string,
    change: { peer?: string; job?: string; role?: 'requestor'; expiresAt?: number },
  ) =>
    proveMember(parseGroupKey(text), {
      role: 'provider',
      peer: 'p1',
      job: 'job',
      expiresAt: 60_000,
      ...change,
    });
  const reasonOf = (change: Partial<Proposal>) =>
    checkProposal({ ...proposal, ...change }, 'p1', { ...side, groupKey })?.reason;

  test('takes its members', () => expect(reasonOf({ group: prove(groupKey, {}) })).toBeUndefined());
  test.each<[string, Partial<Proposal>]>([
    ['who proves nothing', {}],
    ['a member of another group', { group: prove(newGroupKey(new Uint8Array(32)), {}) }],
    ['who repeats the proof of another provider', { group: prove(groupKey, { peer: 'p2' }) }],
    ['who repeats a proof for another job', { group: prove(groupKey, { job: 'other' }) }],
    ['who repeats the proof of the demand', { group: prove(groupKey, { role: 'requestor' }) }],
    ['who draws an old proof out', { group: prove(groupKey, { expiresAt: 59_999 }) }],
  ])('refuses %s', (_, change) => expect(reasonOf(change)).toBe('not-in-group'));
  test('asks nobody else for a proof', () => {
    expect(checkProposal({ ...proposal, group: prove(groupKey, {}) }, 'p1', side)).toBeUndefined();
  });
});
