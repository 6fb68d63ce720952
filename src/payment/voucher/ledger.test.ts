import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode } from '../../base/errors.ts';
import type { Address } from '../../protocol/primitives.ts';
import { issue, ledgerRest, newestVoucher, openLedger } from './ledger.ts';

const PAYER: Address = `0x${'aa'.repeat(20)}`;
const PAYEES: Address[] = [`0x${'b0'.repeat(20)}`, `0x${'b1'.repeat(20)}`, `0x${'b2'.repeat(20)}`];

describe('the ledger of a session key', () => {
  it('counts per payee and in total', () => {
    const first = issue(openLedger(PAYER, 100n), PAYEES[0]!, 10n);
    const second = issue(first.ledger, PAYEES[1]!, 5n);
    const third = issue(second.ledger, PAYEES[0]!, 1n);
    expect(third.voucher).toEqual({ payer: PAYER, payee: PAYEES[0], amount: 11n, issued: 16n });
    expect(newestVoucher(third.ledger, PAYEES[1]!)).toEqual({
      payer: PAYER,
      payee: PAYEES[1],
      amount: 5n,
      issued: 16n,
    });
    expect(newestVoucher(third.ledger, PAYEES[2]!)).toBeUndefined();
    expect(ledgerRest(third.ledger)).toBe(84n);
  });

  it('leaves the ledger before untouched', () => {
    const before = openLedger(PAYER, 100n);
    issue(before, PAYEES[0]!, 10n);
    expect(before).toEqual(openLedger(PAYER, 100n));
  });

  it('knows a payee by its address, whatever the case', () => {
    const { ledger } = issue(openLedger(PAYER, 100n), PAYEES[0]!, 10n);
    const shouted = `0x${PAYEES[0]!.slice(2).toUpperCase()}` as Address;
    expect(issue(ledger, shouted, 1n).voucher.amount).toBe(11n);
  });

  it('goes to the cap and not a unit over it', () => {
    const { ledger } = issue(openLedger(PAYER, 100n), PAYEES[0]!, 100n);
    expect(() => issue(ledger, PAYEES[1]!, 1n)).toThrowError(
      expect.toSatisfy((e) => hasCode(e, 'payment/over-cap')),
    );
  });

  it.each([0n, -1n])('refuses to grow by %s', (add) => {
    expect(() => issue(openLedger(PAYER, 100n), PAYEES[0]!, add)).toThrowError(
      expect.toSatisfy((e) => hasCode(e, 'payment/bad-amount')),
    );
  });

  it('has issued exactly what it promised, and never lets a counter fall', () => {
    const steps = fc.array(fc.record({ to: fc.nat(2), add: fc.bigInt({ min: 1n, max: 50n }) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(steps, (given) => {
        let ledger = openLedger(PAYER, 500n);
        for (const { to, add } of given) {
          if (add > ledgerRest(ledger)) continue;
          const before = newestVoucher(ledger, PAYEES[to]!)?.amount ?? 0n;
          const next = issue(ledger, PAYEES[to]!, add);
          expect(next.voucher.amount).toBe(before + add);
          expect(next.voucher.issued).toBe(ledger.issued + add);
          ledger = next.ledger;
        }
        const sum = Object.values(ledger.promised).reduce((total, amount) => total + amount, 0n);
        expect(ledger.issued).toBe(sum);
        expect(ledger.issued <= ledger.cap).toBe(true);
      }),
    );
  });
});
