import type { Comparator, Policy } from '../../../protocol/policy.ts';
import { expectedResults } from '../../../verification/policy/vote.ts';

/** One way to check results, in words for a person who pays for it. */
export interface PolicyChoice {
  readonly id: string;
  readonly title: string;
  /** What it promises, in a sentence. */
  readonly promise: string;
  /** What else is good to know before choosing it; may be empty. */
  readonly detail: string;
  /** How often each task is computed and paid. */
  readonly cost: string;
  /** Checks nothing: to be shown as such. */
  readonly isUnchecked: boolean;
  readonly policy: Policy;
}

/** Further providers that a disputed task may go to before it is given up, beyond those that must agree. */
const REFEREES = 3;
/** Sizes of quorums that are offered whatever the job's own is. */
const QUORUMS = [2, 3] as const;
const NUMBERS: Readonly<Record<number, string>> = { 2: 'Two', 3: 'Three', 4: 'Four', 5: 'Five' };
const ONE_RUN = 'Costs one run per task.';
/** A verifier program makes the ways alike. */
const VERIFIED = {
  promise: 'The verifier judges every result all the same.',
  detail: '',
  cost: ONE_RUN,
  isUnchecked: false,
};

/**
 * The ways in which the results of a job can be checked. `own` is what the job says itself; the audits, ringers and
 * numeric classes of `now` go into every choice.
 */
export function policyChoices(own: Policy, now: Policy, comparator: Comparator['class']): PolicyChoice[] {
  const { auditRate, ringerRate, sameNumericClass } = now;
  const checks = {
    auditRate,
    ...(ringerRate === undefined ? {} : { ringerRate }),
    ...(sameNumericClass === undefined ? {} : { sameNumericClass }),
  };
  const needs = [...new Set([...QUORUMS, ...(own.kind === 'quorum' ? [own.need] : [])])].sort();
  const choices = [
    byRecord(own, checks),
    ...needs.map((need) => byQuorum(own, need, checks)),
    unchecked(checks),
  ];
  return comparator === 'verifier' ? choices.map((choice) => ({ ...choice, ...VERIFIED })) : choices;
}

type Checks = Pick<Policy, 'auditRate' | 'ringerRate' | 'sameNumericClass'>;

function byRecord(own: Policy, checks: Checks): PolicyChoice {
  return {
    id: 'adaptive',
    title: 'By each provider’s record',
    promise: 'New providers are checked by a second one; proven ones now and then.',
    detail:
      'What one computed alone stands for now, and runs again when it is caught elsewhere. A cheat that fakes one result in fifty may slip through.',
    cost: 'Costs two runs per task at first, little more than one later.',
    isUnchecked: false,
    policy: { ...(own.kind === 'adaptive' ? own : { kind: 'adaptive' }), ...checks },
  };
}

function byQuorum(own: Policy, need: number, checks: Checks): PolicyChoice {
  const isOne = need === 1;
  return {
    id: `quorum-${need}`,
    title: isOne ? 'Whatever comes first' : `${NUMBERS[need] ?? need} must agree`,
    promise: isOne
      ? 'One result is enough, right or wrong.'
      : `A result counts once ${need} providers that are paid apart agree on it.`,
    detail: isOne ? '' : `Only ${need} that lie alike could fool you.`,
    cost: isOne ? ONE_RUN : `Costs ${need} runs per task, more where they disagree.`,
    isUnchecked: isOne && checks.auditRate === 0,
    policy: {
      ...(own.kind === 'quorum' && own.need === need
        ? own
        : { kind: 'quorum', need, limit: need + REFEREES }),
      ...checks,
    },
  };
}

function unchecked(checks: Checks): PolicyChoice {
  return {
    id: 'trust',
    title: 'Not at all',
    promise: 'Nothing is checked: for your own machines.',
    detail: 'Best with a private group, so that nobody else can answer.',
    cost: ONE_RUN,
    isUnchecked: true,
    policy: { kind: 'trust', ...checks },
  };
}

/** The choice that a policy is one of. */
export function choiceOf(policy: Policy): string {
  return policy.kind === 'quorum' ? `quorum-${policy.need}` : policy.kind;
}

/** How many runs of each task an estimate counts with, on the careful side. */
export function sayExpectedRuns(policy: Policy, comparator: Comparator['class']): string {
  const runs = Number(expectedResults(policy, comparator).toFixed(2));
  return `The estimate counts ${runs} paid ${runs === 1 ? 'run' : 'runs'} per task.`;
}
