import type { Agreement } from '../../protocol/negotiate.ts';
import { taskPrice } from './price.ts';

/** The terms of an agreement that bound unpaid work. */
export type CreditTerms = Pick<Agreement, 'creditLimit' | 'pricePerUnit' | 'microUnitsPerTask'>;

/** Tasks that a provider has worked on, or works on, and was not paid for, by what became of them. */
export interface UnpaidTasks {
  /** Running, handed in and not judged, or standing only for now. */
  readonly underWay: number;
  /** Accepted, and no voucher came yet. */
  readonly owed: number;
  /** Handed over and rejected, or never judged; accepted ones make up for them, one for one. */
  readonly givenAway: number;
}

/**
 * Tasks that may be unpaid at once under an agreement: what its credit limit pays for, rounded down, but one at least
 * (nothing could be begun otherwise); without end where work is free. Both sides compute the same.
 */
export function tasksOnCredit({ creditLimit, pricePerUnit, microUnitsPerTask }: CreditTerms): number {
  const price = taskPrice(pricePerUnit, microUnitsPerTask);
  return price === 0n ? Infinity : Math.max(1, Number(creditLimit / price));
}

/**
 * May one more task be begun? Not if all that is unpaid would then exceed the credit limit, whatever it is unpaid for: so
 * no requestor ever gets more than the limit for nothing beyond what it paid for.
 *
 * @example
 * while (mayBegin(unpaid(), agreement)) begin();
 */
export function mayBegin({ underWay, owed, givenAway }: UnpaidTasks, terms: CreditTerms): boolean {
  return underWay + owed + givenAway < tasksOnCredit(terms);
}
