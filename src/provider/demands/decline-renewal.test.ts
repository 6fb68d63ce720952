import { expect, test } from 'vitest';
import { ADDRESS, AGREEMENT, REQUESTOR } from '../../protocol/messages.fixture.ts';
import type { ProviderRules } from '../view.ts';
import { declineRenewal } from './decline-renewal.ts';

const PRICE = AGREEMENT.pricePerUnit;
const RULES: ProviderRules = {
  kinds: ['wasi'],
  cpuSlots: 1,
  pricePerUnit: { wasi: PRICE, wgsl: 0n, onnx: 0n },
  payee: ADDRESS as ProviderRules['payee'],
  creditLeases: 3,
  blockedRequestors: [],
};
const GROUP = { id: '0'.repeat(32), proof: new Uint8Array(32) };

test.each<[string, Partial<ProviderRules>, RegExp | undefined]>([
  ['by the same rules it goes on', {}, undefined],
  [
    'a lower price of now is no reason',
    { pricePerUnit: { wasi: PRICE - 1n, wgsl: 0n, onnx: 0n } },
    undefined,
  ],
  ['a higher one is', { pricePerUnit: { wasi: PRICE + 1n, wgsl: 0n, onnx: 0n } }, /higher price/],
  ['a kind that is no longer lent is', { kinds: ['wgsl'] }, /jobs of this kind/],
  ['a blocked requestor is', { blockedRequestors: [REQUESTOR.peer] }, /this requestor/],
  ['working for groups only is', { isPrivate: true }, /groups only/],
])('%s', (_, change, reason) => {
  const declined = declineRenewal(AGREEMENT, {}, { ...RULES, ...change });
  if (reason === undefined) expect(declined).toBeUndefined();
  else expect(declined).toMatch(reason);
});

test('a job of a group goes on with a provider that works for its groups only', () => {
  expect(declineRenewal(AGREEMENT, { group: GROUP }, { ...RULES, isPrivate: true })).toBeUndefined();
});
