import { expect, test } from 'vitest';
import type { PassedDemand } from '../../provider/view.ts';
import { groupPassed, priceHelp } from './passed-groups.ts';

const price = { code: 'price-too-low', text: 'price 20 % above what the job pays', by: 'provider' as const };
const seats = { code: 'seats-filled', text: 'all 3 seats are filled', by: 'requestor' as const };

function passed(job: string, change: Partial<PassedDemand> = {}): PassedDemand {
  return {
    ...{ job, name: job, requestor: 'r', kind: 'wasi', priceCeiling: 10n, reasons: [price], atMs: 0 },
    ...change,
  };
}

test('demands are put together by who said no and why, most of them first', () => {
  const groups = groupPassed([
    passed('a', { reasons: [seats], atMs: 5 }),
    passed('b', { atMs: 1 }),
    passed('c', { atMs: 2, reasons: [{ ...price, text: 'newest' }, seats] }),
    passed('d', { reasons: [{ ...seats, by: 'provider' }] }),
  ]);
  expect(
    groups.map(({ code, by, text, demands }) => [code, by, text, demands.map(({ job }) => job)]),
  ).toEqual([
    ['price-too-low', 'provider', 'newest', ['c', 'b']],
    ['seats-filled', 'requestor', seats.text, ['a']],
    ['seats-filled', 'provider', seats.text, ['d']],
  ]);
});

test('help is given only where the price alone stood in the way, and never to work for nothing', () => {
  const help = priceHelp([
    passed('a', { priceCeiling: 9n }),
    passed('b', { priceCeiling: 7n }),
    passed('c', { priceCeiling: 1n, reasons: [price, seats] }),
    passed('d', { priceCeiling: 0n }),
    passed('e', { kind: 'wgsl', priceCeiling: 50n }),
  ]);
  expect(help).toEqual([
    { kind: 'wasi', pricePerUnit: 7n, demands: 2 },
    { kind: 'wgsl', pricePerUnit: 50n, demands: 1 },
  ]);
});
