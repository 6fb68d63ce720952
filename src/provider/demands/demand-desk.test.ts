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
const { signal } = new AbortController();

beforeEach(() => {
  clock = new ManualClock(NOW_MS);
  asked = [];
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
        new KilnError('negotiate/refused', 'No.', { data: { reason: 'no', detail: '' } }),
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
