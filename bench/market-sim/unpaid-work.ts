import { type CreditTerms, mayBegin, tasksOnCredit } from '../../src/payment/costs/unpaid.ts';

/** What becomes of a result that a requestor was given. */
type Fate = 'paid' | 'owed' | 'rejected' | 'unjudged';

/** Requestors that take work and leave it unpaid, by how many results they were given before. */
export const UNPAYING = {
  'never pays': () => 'owed',
  'pays 50 tasks, then stops': (before: number) => (before < 50 ? 'paid' : 'owed'),
  'rejects right results': () => 'rejected',
  'never judges': () => 'unjudged',
  'rejects half and owes half': (before: number) => (before % 2 === 0 ? 'rejected' : 'owed'),
  'pays 50 tasks, then rejects, owes and never judges': (before: number) =>
    before < 50 ? 'paid' : (['rejected', 'owed', 'unjudged'] as const)[before % 3]!,
} as const satisfies Record<string, (before: number) => Fate>;

/** Tasks at most that one provider does; a requestor that is not left would get them all for nothing. */
const TASKS = 10_000;

/**
 * Tasks that a provider has done for nothing when such a requestor gets no more from it, by the provider's own rule
 * (`mayBegin`), which it follows with this many tasks running at a time.
 */
export function unpaidWork(
  requestor: keyof typeof UNPAYING,
  terms: CreditTerms,
  slots = tasksOnCredit(terms),
): number {
  let running = 0;
  let unjudged = 0;
  let owed = 0;
  let givenAway = 0;
  for (let judged = 0; judged < TASKS; judged++) {
    while (running < slots && mayBegin({ underWay: running + unjudged, owed, givenAway }, terms)) running++;
    if (running === 0) break;
    running--;
    const fate = UNPAYING[requestor](judged);
    if (fate === 'unjudged') unjudged++;
    if (fate === 'rejected') givenAway++;
    if (fate === 'paid' || fate === 'owed') givenAway = Math.max(0, givenAway - 1);
    if (fate === 'owed') owed++;
  }
  return unjudged + owed + givenAway;
}
