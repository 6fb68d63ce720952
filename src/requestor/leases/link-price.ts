import { heldBeyondCredit } from '../../payment/costs/held-back.ts';
import { taskPrice } from '../../payment/costs/price.ts';
import { tasksOnCredit } from '../../payment/costs/unpaid.ts';
import type { ProviderLink } from '../seats/provider-link.ts';

/** Tasks leased, delivered, held back or accepted, and not paid yet. */
export function unpaidTasks(link: ProviderLink): number {
  let tasks = link.owedTasks + link.told.heldTasks;
  for (const lease of link.leases.values()) tasks += lease.tasks.size;
  return tasks;
}

/** What one accepted task of a provider costs, in the token's smallest unit. */
export function priceOf({ agreement }: ProviderLink): bigint {
  return taskPrice(agreement.pricePerUnit, agreement.microUnitsPerTask);
}

/**
 * More tasks that this provider may have unpaid at once: it stops at the agreed credit limit, so more would only lie
 * there. What is held back beyond half of it has its measure in what was paid.
 */
export function creditTasks(link: ProviderLink): number {
  const { agreement, tasksPaid, told } = link;
  const beyond = heldBeyondCredit(told.heldTasks, agreement, tasksPaid);
  return tasksOnCredit(agreement) - (unpaidTasks(link) - beyond);
}

/** Has this provider credit for one more task, or may it have when it is done with what it has in hand? */
export function mayTakeMore(link: ProviderLink): boolean {
  return link.leasesInFlight > 0 || creditTasks(link) > 0;
}
