import { describe, expect, test } from 'vitest';
import { KilnError } from '../../base/errors.ts';
import { AGREEMENT, DIGEST_HEX, NOW_MS, PROVIDER, REQUESTOR } from '../../protocol/messages.fixture.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import { checkRenewal } from './check-renewal.ts';

const OLD = { digest: DIGEST_HEX, agreement: AGREEMENT };
const SIGNED_AT_MS = NOW_MS + 3_000_000;
const RENEWAL: Agreement = {
  ...AGREEMENT,
  renews: DIGEST_HEX,
  issuedAt: SIGNED_AT_MS,
  expiresAt: SIGNED_AT_MS + 3_600_000,
  nonce: new Uint8Array(16).fill(6),
};

function verdict(change: Partial<Agreement> = {}, nowMs = SIGNED_AT_MS, signer = REQUESTOR.peer): string {
  try {
    checkRenewal({ message: { ...RENEWAL, ...change }, signer }, OLD, nowMs);
    return 'right';
  } catch (error) {
    return error instanceof KilnError ? `${error.code}: ${error.message}` : String(error);
  }
}

test('the same terms for longer are right, also of a renewal', () => {
  expect(verdict()).toBe('right');
  expect(verdict({ issuedAt: SIGNED_AT_MS + 29_000 })).toBe('right');
  const again = { ...RENEWAL, renews: 'b'.repeat(64), expiresAt: RENEWAL.expiresAt + 1 };
  const old = { digest: 'b'.repeat(64), agreement: RENEWAL };
  expect(() => checkRenewal({ message: again, signer: REQUESTOR.peer }, old, SIGNED_AT_MS)).not.toThrow();
});

describe('anything else is named', () => {
  const address = `0x${'cd'.repeat(20)}`;
  test.each<[string, Partial<Agreement>]>([
    ['the price', { pricePerUnit: AGREEMENT.pricePerUnit - 1n }],
    ['the price', { pricePerUnit: AGREEMENT.pricePerUnit + 1n }],
    ['the work per task', { microUnitsPerTask: 1 }],
    ['the credit limit', { creditLimit: 10n ** 20n }],
    ['the check policy', { policy: { kind: 'trust', auditRate: 0 } }],
    ['the comparator', { comparator: { class: 'tolerance', rtol: 0, atol: 0, maxOutliers: 0 } }],
    ['the slots', { slots: 200 }],
    ['the payee', { payee: address }],
    ['the payment terms', { payment: { ...AGREEMENT.payment, sessionKey: address } }],
    ['the kind', { kind: 'wgsl' }],
    ['the requestor', { requestor: PROVIDER.peer }],
    ['the provider', { provider: REQUESTOR.peer }],
    ['the agreement that it goes on from', { renews: 'c'.repeat(64) }],
    ['the expiry, which is no later', { expiresAt: AGREEMENT.expiresAt }],
    ['the time at which it was signed', { issuedAt: AGREEMENT.issuedAt - 1 }],
    ['the time at which it was signed', { issuedAt: SIGNED_AT_MS + 30_001 }],
  ])('%s: %o', (name, change) => {
    expect(verdict(change)).toBe(`work/renewal-differs: The renewal differs from the agreement in ${name}.`);
  });
  test('a field more, or another signer', () => {
    expect(verdict({ ...({ tip: 1 } as object) })).toMatch(/differs from the agreement in the tip/);
    expect(verdict({}, SIGNED_AT_MS, PROVIDER.peer)).toMatch(/in its signer/);
  });
  test('nothing is left to renew after the expiry', () => {
    expect(verdict({}, AGREEMENT.expiresAt - 1)).toBe('right');
    expect(verdict({}, AGREEMENT.expiresAt)).toMatch(/^work\/expired/);
  });
});
