import type { Policy } from '../../protocol/policy.ts';

/**
 * Does the requestor recompute this task itself? To be asked once per task and only after its replicas have
 * committed, so that nobody can know beforehand. `random` is one number in [0, 1).
 */
export function isAudited(policy: Policy, random: number): boolean {
  return random < policy.auditRate;
}
