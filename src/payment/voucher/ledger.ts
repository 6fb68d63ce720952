import { KilnError } from '../../base/errors.ts';
import type { Address } from '../../protocol/primitives.ts';
import { plainAddress, type Voucher } from './voucher.ts';

/**
 * All that one session key has promised. It only grows; an older copy must never be used with the same key again,
 * because two vouchers with the same `issued` would prove over-issuing. Plain data: fits IndexedDB.
 */
export interface Ledger {
  readonly payer: Address;
  /** All that the key may ever promise. */
  readonly cap: bigint;
  /** Promised to everybody so far. */
  readonly issued: bigint;
  /** Promised so far by payee, in lower case. */
  readonly promised: Readonly<Record<Address, bigint>>;
}

/** The ledger of a session key that has promised nothing yet. */
export function openLedger(payer: Address, cap: bigint): Ledger {
  return { payer: plainAddress(payer), cap, issued: 0n, promised: {} };
}

/** What the key may still promise. */
export function ledgerRest(ledger: Ledger): bigint {
  return ledger.cap - ledger.issued;
}

/** The newest voucher of a payee without its signature; undefined when it was promised nothing. */
export function newestVoucher(ledger: Ledger, payee: Address): Voucher | undefined {
  const amount = ledger.promised[plainAddress(payee)];
  return amount === undefined
    ? undefined
    : { payer: ledger.payer, payee: plainAddress(payee), amount, issued: ledger.issued };
}

/**
 * Promises `add` more to a payee: the next ledger, and the voucher to sign. Store the ledger before the voucher leaves.
 * Throws `payment/over-cap` when the key may not promise that much, `payment/bad-amount` unless `add` is positive.
 *
 * @example
 * const { ledger: next, voucher } = issue(ledger, payee, taskPrice(price, microUnits) * 4n);
 */
export function issue(ledger: Ledger, payee: Address, add: bigint): { ledger: Ledger; voucher: Voucher } {
  if (add <= 0n) {
    throw new KilnError('payment/bad-amount', 'A voucher can only grow.', { data: { add: add.toString() } });
  }
  const issued = ledger.issued + add;
  if (issued > ledger.cap) {
    throw new KilnError('payment/over-cap', 'The budget of this job does not allow this payment.', {
      data: { add: add.toString(), rest: ledgerRest(ledger).toString(), cap: ledger.cap.toString() },
      hint: 'Raise the budget of the job, or let it end.',
    });
  }
  const key = plainAddress(payee);
  const amount = (ledger.promised[key] ?? 0n) + add;
  return {
    ledger: { ...ledger, issued, promised: { ...ledger.promised, [key]: amount } },
    voucher: { payer: ledger.payer, payee: key, amount, issued },
  };
}
