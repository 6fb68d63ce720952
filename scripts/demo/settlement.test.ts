import { expect, test } from 'vitest';
import { findFaults, type Settlement } from './settlement.ts';

const job = { tasks: 4, verified: 4, status: 'done', spent: 30n };
const one: Settlement = {
  peer: 'a',
  payee: '0x0000000000000000000000000000000000000001',
  tasks: 4,
  paid: 20n,
  redeemed: 20n,
};
const other: Settlement = { ...one, peer: 'b', paid: 10n, redeemed: 10n };

test('finds nothing wrong with a settled job', () => {
  expect(findFaults(job, [one, other])).toEqual([]);
});

test.each([
  [{ ...job, status: 'failed' }, [one, other], 'The job ended as "failed".'],
  [{ ...job, verified: 3 }, [one, other], 'Only 3 of 4 tasks were verified.'],
  [job, [one, { ...other, redeemed: 9n }], 'b was promised 10 but redeemed 9 (smallest units).'],
  [job, [one], 'The requestor spent 30, the pool paid 20.'],
  [{ ...job, spent: 0n }, [], 'Nobody was paid.'],
])('names each fault (%#)', (job, settlements, fault) => {
  expect(findFaults(job, settlements)).toContain(fault);
});
