import type { Comparator, Policy } from '../../protocol/policy.ts';
import { newTaskCheck, type TaskCheck } from './task-check.ts';

/** Tasks looked at for one ringer, so that a provider that had most of them costs little. */
const MAX_LOOKS = 32;

/**
 * A task whose answer is known, to be leased among others; undefined when none is due (the policy's `ringerRate`), or
 * none was found that this provider may have. To the provider it looks like any other, so nothing about it may differ:
 * size of the lease, deadline, verdict, pay.
 *
 * @param known tasks proven by this device (audits, try-outs) or by strong quorums
 * @param random numbers in [0, 1)
 * @param mayHave false for a task that this provider, or one that may be the same, ever held
 */
export function drawRinger(
  policy: Policy,
  known: readonly number[],
  random: () => number,
  mayHave: (task: number) => boolean,
): number | undefined {
  if (known.length === 0 || random() >= (policy.ringerRate ?? 0)) return undefined;
  for (let look = 0; look < MAX_LOOKS; look++) {
    const task = known[Math.floor(random() * known.length)]!;
    if (mayHave(task)) return task;
  }
  return undefined;
}

/**
 * The check of a ringer: one replica, judged by the known answer. It waits for that replica, and ends with a verdict
 * that accepts or rejects it, or neither when it was lost.
 */
export function ringerTask(policy: Policy, comparator: Comparator['class'], digest: string): TaskCheck {
  return { ...newTaskCheck(policy, comparator), isRinger: true, audit: { state: 'done', digest } };
}
