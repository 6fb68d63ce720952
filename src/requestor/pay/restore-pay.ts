import { taskPrice } from '../../payment/costs/price.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { ProviderLink } from '../seats/provider-link.ts';

/**
 * Tells restored links what they were paid and what they are still owed. A payee's voucher covers all its agreements
 * together, so its amount is shared out among them, oldest first.
 *
 * @param links oldest agreement first
 * @param accepted accepted tasks by agreement, as the stored results have them
 * @param promised what the ledger has promised to a payee, in the token's smallest unit
 */
export function restorePay(
  links: readonly ProviderLink[],
  accepted: ReadonlyMap<string, number>,
  promised: (payee: Address) => bigint,
): void {
  const rests = new Map<string, bigint>();
  for (const link of links) {
    const payee = link.payee.toLowerCase();
    const rest = rests.get(payee) ?? promised(link.payee);
    const { pricePerUnit, microUnitsPerTask } = link.agreement;
    const price = taskPrice(pricePerUnit, microUnitsPerTask);
    const tasks = link.digests.reduce((sum, digest) => sum + (accepted.get(digest) ?? 0), 0);
    const covered = price === 0n || rest >= price * BigInt(tasks) ? tasks : Number(rest / price);
    link.owedTasks = tasks;
    link.notePaid(covered, price * BigInt(covered));
    rests.set(payee, rest - price * BigInt(covered));
  }
}
