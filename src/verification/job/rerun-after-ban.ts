import type { PeerId } from '../../protocol/identity.ts';

/**
 * Accepted tasks that must run again once a provider was caught: those whose result nobody else supports.
 * A supporter is a provider whose result was accepted, or the requestor itself after an audit.
 */
export function rerunAfterBan(
  accepted: Iterable<{ readonly task: number; readonly supporters: readonly PeerId[] }>,
  banned: PeerId,
): number[] {
  const tasks: number[] = [];
  for (const { task, supporters } of accepted) {
    if (supporters.length > 0 && supporters.every((peer) => peer === banned)) tasks.push(task);
  }
  return tasks;
}
