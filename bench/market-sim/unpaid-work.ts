/** Requestors that take work and leave it unpaid. */
export const UNPAYING = {
  'never pays': () => 'owed',
  'pays 50 tasks, then stops': (before: number) => (before < 50 ? 'paid' : 'owed'),
  'rejects right results': () => 'rejected',
} as const satisfies Record<string, (before: number) => 'paid' | 'owed' | 'rejected'>;

/** Tasks at most that one provider does; a requestor that is not left would get them all for nothing. */
const TASKS = 10_000;

/**
 * Tasks that a provider has done for nothing when it leaves such a requestor, by the provider's own rule (voucher desk):
 * it begins no task while what is owed and under way exceeds the credit limit, and leaves once results that were
 * rejected or never judged exceed it.
 */
export function unpaidWork(requestor: keyof typeof UNPAYING, creditTasks: number): number {
  let owed = 0;
  let rejected = 0;
  for (let before = 0; before < TASKS; before++) {
    const canRisk = owed + 1 <= Math.max(1, creditTasks);
    if (!canRisk || rejected + 1 > creditTasks) break;
    const outcome = UNPAYING[requestor](before);
    if (outcome === 'owed') owed++;
    if (outcome === 'rejected') rejected++;
  }
  return owed + rejected;
}
