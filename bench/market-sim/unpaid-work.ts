import { heldBackTasks, heldBeyondCredit, type HoldTerms } from '../../src/payment/costs/held-back.ts';
import { makeUp, mayBegin, tasksOnCredit } from '../../src/payment/costs/unpaid.ts';

/** What becomes of a result that a requestor was given; `held` stands only for now, for ever. */
type Fate = 'paid' | 'owed' | 'rejected' | 'unjudged' | 'held';

/** Requestors that take work and leave it unpaid, by how many results they were given before. */
export const UNPAYING = {
  'never pays': () => 'owed',
  'pays 50 tasks, then stops': (before: number) => (before < 50 ? 'paid' : 'owed'),
  'rejects right results': () => 'rejected',
  'never judges': () => 'unjudged',
  'holds everything back': () => 'held',
  'pays 50 tasks, then holds everything back': (before: number) => (before < 50 ? 'paid' : 'held'),
  'pays 500 tasks, then holds everything back, and owes': (before: number) =>
    before < 500 ? 'paid' : (['held', 'owed'] as const)[before % 2]!,
  'rejects half and owes half': (before: number) => (before % 2 === 0 ? 'rejected' : 'owed'),
  'pays 50 tasks, then rejects, owes and never judges': (before: number) =>
    before < 50 ? 'paid' : (['rejected', 'owed', 'unjudged'] as const)[before % 3]!,
} as const satisfies Record<string, (before: number) => Fate>;

/** Tasks at most that one provider does; a requestor that is not left would get them all for nothing. */
const TASKS = 10_000;

/** What a requestor had of a provider when it got no more, in tasks. */
export interface UnpaidWork {
  readonly unpaid: number;
  readonly paid: number;
  /** What it may have for nothing: the credit limit, and beyond it what may be held back for what it paid. */
  readonly bound: number;
}

/**
 * Tasks that a provider has done for nothing when such a requestor gets no more from it, by the provider's own rule
 * (`mayBegin`), which it follows with this many tasks running at a time.
 */
export function unpaidWork(
  requestor: keyof typeof UNPAYING,
  terms: HoldTerms,
  slots = tasksOnCredit(terms),
): UnpaidWork {
  const count = { running: 0, unjudged: 0, held: 0, owed: 0, givenAway: 0, paid: 0 };
  for (let judged = 0; judged < TASKS; judged++) {
    while (count.running < slots && begins(count, terms)) count.running++;
    if (count.running === 0) break;
    count.running--;
    const fate = UNPAYING[requestor](judged);
    if (fate === 'unjudged') count.unjudged++;
    if (fate === 'held') count.held++;
    if (fate === 'rejected') count.givenAway++;
    if (fate === 'paid' || fate === 'owed') count.givenAway = makeUp(count.givenAway, 1);
    if (fate === 'owed') count.owed++;
    if (fate === 'paid') count.paid++;
  }
  const { unjudged, held, owed, givenAway, paid } = count;
  const earned = heldBackTasks(terms, paid) - heldBackTasks(terms, 0);
  return { unpaid: unjudged + held + owed + givenAway, paid, bound: tasksOnCredit(terms) + earned };
}

function begins(
  {
    running,
    unjudged,
    held,
    owed,
    givenAway,
    paid,
  }: Readonly<Record<'running' | 'unjudged' | 'held' | 'owed' | 'givenAway' | 'paid', number>>,
  terms: HoldTerms,
): boolean {
  const underWay = running + unjudged + held - heldBeyondCredit(held, terms, paid);
  return mayBegin({ underWay, owed, givenAway }, terms);
}
