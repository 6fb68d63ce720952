import type { ProviderLink } from '../seats/provider-link.ts';

/**
 * Would a task that is leased now be done before the agreement expires? Later ones would be lost, for both. Tasks that
 * take more than half of an agreement's life are not held up by this.
 */
export function endsInTime(
  { agreement, leases, msPerTask = 0, slots }: ProviderLink,
  nowMs: number,
): boolean {
  const { issuedAt, expiresAt } = agreement;
  if (nowMs >= expiresAt) return false;
  let ahead = 0;
  for (const { tasks } of leases.values()) for (const task of tasks.values()) if (!task.isCommitted) ahead++;
  const neededMs = msPerTask * (1 + ahead / Math.max(1, slots));
  return nowMs + neededMs <= expiresAt || msPerTask > (expiresAt - issuedAt) / 2;
}
