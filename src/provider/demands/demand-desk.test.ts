import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { KilnError } from '../../base/errors.ts';
import { MAX_ANSWER_WINDOW_MS } from '../../market/match/answer-delay.ts';
import type { Demand } from '../../protocol/announce.ts';
import { DEMAND, NOW_MS, PROPOSAL, PROVIDER } from '../../protocol/messages.fixture.ts';
import { DemandDesk } from './demand-desk.ts';

const PRICES = { wasi: 1n, wgsl: 1n, onnx: 1n };
const SEATS = { total: 4, filled: 3 };

let clock: ManualClock;
let asked: Demand[];
let payers: Set<string>;
let desk: DemandDesk;
let refusal: string;
const { signal } = new AbortController();

beforeEach(() => {
  clock = new ManualClock(NOW_MS);
  asked = [];
  refusal = 'no';
  payers = new Set();
  const rules = { kinds: ['wasi' as const], pricePerUnit: PRICES, blockedRequestors: [] };
  desk = new DemandDesk({
    clock,
    random: () => 0.5,
    rules: () => ({ ...rules, cpuSlots: 1, payee: `0x${'1'.repeat(40)}`, creditLeases: 3 }),
    side: () => ({
      peer: PROVIDER.peer,
      rules,
      payment: DEMAND.payment,
      capabilities: { cores: 4, memoryBytes: 2 ** 32, storageBytes: 1, scores: { wasi: 1_000_000 } },
      freeSlots: { wasi: 1 },
    }),
    isBusyWith: () => false,
    hasPaid: (payer) => payers.has(payer),
    take: (demand) => {
      asked.push(demand);
      return Promise.reject(
        new KilnError('negotiate/refused', 'No.', { data: { reason: refusal, detail: '' } }),
      );
    },
    work: () => Promise.resolve(),
    onChange: () => {},
  });
});
afterEach(() => clock[Symbol.dispose]());

async function consider(demand: Demand): Promise<number> {
  void desk.consider(demand, signal);
  await clock.advance(MAX_ANSWER_WINDOW_MS);
  return asked.length;
}

test('a seat for newcomers is answered by who never worked for this payer', async () => {
  expect(await consider({ ...DEMAND, seats: { ...SEATS, forNewcomers: true } })).toBe(1);
  expect(asked[0]).toMatchObject({ job: PROPOSAL.job });
});

test('and left to others by whom this payer has paid before, who still takes any other seat of it', async () => {
  payers.add(DEMAND.payment.payer);
  expect(await consider({ ...DEMAND, seats: { ...SEATS, forNewcomers: true } })).toBe(0);
  expect(await consider({ ...DEMAND, seats: SEATS })).toBe(1);
});

test('a demand that waits for its answer is dropped when its seat turns out to be for newcomers', async () => {
  payers.add(DEMAND.payment.payer);
  void desk.consider({ ...DEMAND, seats: SEATS }, signal);
  await clock.advance(1);
  expect(await consider({ ...DEMAND, seats: { ...SEATS, forNewcomers: true } })).toBe(0);
});

test('why a demand was not answered is forgotten when no task is left there, by its word or by its requestor’s', async () => {
  const names = () => desk.passed.all.map(({ requestor }) => requestor);
  const other = { ...DEMAND, requestor: 'another', kind: 'onnx' as const };
  await consider(other);
  await consider({ ...DEMAND, seats: SEATS });
  expect(names()).toEqual([DEMAND.requestor, 'another']);
  await consider({ ...DEMAND, tasksLeft: 0 });
  expect(names()).toEqual(['another']);
  refusal = 'job-ended';
  await clock.advance(600_000);
  await consider({ ...other, kind: 'wasi', issuedAt: clock.now(), expiresAt: clock.now() + 60_000 });
  expect([asked.length, names()]).toEqual([2, []]);
});
