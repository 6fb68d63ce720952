import type { Agreement } from '../../protocol/negotiate.ts';
import { taskPrice } from './price.ts';

/**
 * Most task prices that a provider leaves unpaid while results of its stand only for now (design: verification, "why it
 * pays to be honest"): above the 19 after which cheating pays at a check of one task in twenty.
 */
export const MAX_HELD_BACK_TASKS = 30;

/**
 * One more task may be held back for so many that a voucher has paid. A requestor that leaves in the end has paid four
 * fifths of the work at least, beside the credit limit that every stranger may take; forty tasks of a provider with little
 * credit reach ten, a hundred and twenty all thirty.
 */
const PAID_TASKS_PER_HELD = 4;

/** The terms of an agreement that bound what is held back. */
export type HoldTerms = Pick<Agreement, 'policy' | 'creditLimit' | 'pricePerUnit' | 'microUnitsPerTask'>;

/**
 * Tasks with the verdict `provisional` whose pay a requestor holds back at once under an agreement: half of what the credit
 * limit covers, so that work goes on beside them, and more with what it has paid ({@link heldBeyondCredit}). Beyond it the
 * requestor accepts, and pays. None under a policy that never takes a verdict back: only `adaptive` lets one result stand
 * alone.
 *
 * @param paidTasks tasks that vouchers have paid under this agreement and those that it renews
 * @example
 * if (link.told.heldTasks < heldBackTasks(link.agreement, link.tasksPaid)) tell('provisional');
 */
export function heldBackTasks(terms: HoldTerms, paidTasks: number): number {
  if (terms.policy.kind !== 'adaptive') return 0;
  const half = halfOfCredit(terms);
  return half + grown(half, paidTasks);
}

/**
 * Of so many held tasks, those that do not count against the credit limit: what is more than half of it, as far as what
 * was paid so far allows. Both sides compute the same from the vouchers that each has; who has paid nothing gets nothing
 * more on credit.
 */
export function heldBeyondCredit(held: number, terms: HoldTerms, paidTasks: number): number {
  const half = halfOfCredit(terms);
  return Math.min(Math.max(0, held - half), grown(half, paidTasks));
}

function grown(half: number, paidTasks: number): number {
  return Math.min(MAX_HELD_BACK_TASKS - half, Math.floor(paidTasks / PAID_TASKS_PER_HELD));
}

function halfOfCredit({ creditLimit, pricePerUnit, microUnitsPerTask }: HoldTerms): number {
  const price = taskPrice(pricePerUnit, microUnitsPerTask);
  if (price === 0n) return MAX_HELD_BACK_TASKS;
  const half = creditLimit / 2n / price;
  return half < BigInt(MAX_HELD_BACK_TASKS) ? Number(half) : MAX_HELD_BACK_TASKS;
}
