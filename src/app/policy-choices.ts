import type { Comparator, Policy } from '../protocol/policy.ts';
import { expectedResults } from '../verification/policy/vote.ts';

/** One way to check results, in words for a person who pays for it. */
export interface PolicyChoice {
  readonly id: string;
  readonly title: string;
  /** What it promises, and what not. */
  readonly promise: string;
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
  const isVerified = comparator === 'verifier';

  const needs = [...new Set([...QUORUMS, ...(own.kind === 'quorum' ? [own.need] : [])])].sort();
  return [
    {
      id: 'adaptive',
      title: 'By each provider’s record',
      promise: isVerified
        ? 'The verifier judges every result. Whoever hands in a wrong one is out.'
        : 'A new provider’s results need a second one that agrees. Who has passed enough checks works alone, and a random share is still checked; the rest stands for now. Who is caught is out, and what it computed alone runs again. A cheat that fakes one result in fifty may slip through.',
      cost: isVerified
        ? 'One run per task.'
        : 'Up to two runs per task at first, little more than one later.',
      isUnchecked: false,
      policy: { ...(own.kind === 'adaptive' ? own : { kind: 'adaptive' }), ...checks },
    },
    ...needs.map((need): PolicyChoice => ({
      id: `quorum-${need}`,
      title: need === 1 ? 'One result' : `${need} must agree`,
      promise: isVerified
        ? 'The verifier judges every result; the number says nothing more.'
        : need === 1
          ? 'Whatever comes first counts. Set a share to compute again below, or nothing is checked.'
          : `A result counts once ${need} providers that are paid apart agree on it. Only ${need} that lie alike could fool you.`,
      cost:
        isVerified || need === 1 ? 'One run per task.' : `${need} runs per task, more where they disagree.`,
      isUnchecked: need === 1 && !isVerified,
      policy: {
        ...(own.kind === 'quorum' && own.need === need
          ? own
          : { kind: 'quorum', need, limit: need + REFEREES }),
        ...checks,
      },
    })),
    {
      id: 'trust',
      title: 'Not at all',
      promise: isVerified
        ? 'The verifier judges every result all the same.'
        : 'Nothing is checked: for your own machines, best with a private group.',
      cost: 'One run per task.',
      isUnchecked: !isVerified,
      policy: { kind: 'trust', ...checks },
    },
  ];
}

/** The choice that a policy is one of. */
export function choiceOf(policy: Policy): string {
  return policy.kind === 'quorum' ? `quorum-${policy.need}` : policy.kind;
}

/** Executions that the budget counts with for each task, on the careful side: "about 2.1 runs per task". */
export function sayExpectedRuns(policy: Policy, comparator: Comparator['class']): string {
  const runs = Number(expectedResults(policy, comparator).toFixed(2));
  return `The estimate counts ${runs} paid ${runs === 1 ? 'run' : 'runs'} per task.`;
}
