import { taskPrice } from '../../payment/price.ts';
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
