import type { Agreement } from '../../protocol/negotiate.ts';
import { taskPrice } from './price.ts';

/**
 * Most task prices that a provider leaves unpaid while results of its stand only for now (design: verification, "why it
 * pays to be honest"): above the 19 after which cheating pays at a check of one task in twenty.
 */
export const MAX_HELD_BACK_TASKS = 30;

/**
 * Tasks with the verdict `provisional` whose pay may be held back at once under an agreement; both sides compute the
 * same. Never more than half of what the credit limit covers, so that work goes on beside them; beyond it the requestor
 * has to accept, and pay. None under a policy that never takes a verdict back: only `adaptive` lets one result stand
 * alone.
 *
 * @example
 * if (link.heldTasks < heldBackTasks(link.agreement)) tell('provisional');
 */
export function heldBackTasks({
  policy,
  creditLimit,
  pricePerUnit,
  microUnitsPerTask,
}: Pick<Agreement, 'policy' | 'creditLimit' | 'pricePerUnit' | 'microUnitsPerTask'>): number {
  if (policy.kind !== 'adaptive') return 0;
  const price = taskPrice(pricePerUnit, microUnitsPerTask);
  if (price === 0n) return MAX_HELD_BACK_TASKS;
  const half = creditLimit / 2n / price;
  return half < BigInt(MAX_HELD_BACK_TASKS) ? Number(half) : MAX_HELD_BACK_TASKS;
}
