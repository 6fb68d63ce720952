import type { Agreement } from '../../protocol/negotiate.ts';
import { taskPrice } from './price.ts';

/** The terms of an agreement that bound unpaid work. */
export type CreditTerms = Pick<Agreement, 'creditLimit' | 'pricePerUnit' | 'microUnitsPerTask'>;

/**
 * So many accepted tasks make up for one that was given for nothing. Who rejects right results so that its provider just
 * stays has a fifth of the work for nothing; honest requestors reject only wrong ones, and ban their providers.
 */
const ACCEPTED_PER_GIVEN = 4;

/** Tasks that a provider has worked on, or works on, and was not paid for, by what became of them. */
export interface UnpaidTasks {
  /** Running, handed in and not judged, or standing only for now. */
  readonly underWay: number;
  /** Accepted, and no voucher came yet. */
  readonly owed: number;
  /** Handed over and rejected, or never judged, less what accepted ones made up for: see {@link makeUp}. */
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

/** What counts as given for nothing after so many more tasks were accepted: it may be a fraction. */
export function makeUp(givenAway: number, accepted: number): number {
  return Math.max(0, givenAway - accepted / ACCEPTED_PER_GIVEN);
}

/** Has a requestor taken as much for nothing as its credit limit allows? It is left then. */
export function isTooMuch(givenAway: number, terms: CreditTerms): boolean {
  return Math.ceil(givenAway) >= tasksOnCredit(terms);
}

/**
 * May one more task be begun? Not if all that is unpaid would then exceed the credit limit, whatever it is unpaid for: so
 * no requestor ever gets more than the limit for nothing beyond what it paid for.
 *
 * @example
 * while (mayBegin(unpaid(), agreement)) begin();
 */
export function mayBegin({ underWay, owed, givenAway }: UnpaidTasks, terms: CreditTerms): boolean {
  return underWay + owed + Math.ceil(givenAway) < tasksOnCredit(terms);
}
