import type { Policy } from '../../protocol/policy.ts';
import { decide } from './decide.ts';
import { newTaskCheck, next, type TaskCheck, type TaskEvent } from './task-check.ts';

/** Two must agree, of three at most. */
export const quorum = { kind: 'quorum', need: 2, limit: 3, auditRate: 0 } satisfies Policy;
/** One proven provider is enough. */
export const adaptive: Policy = { kind: 'adaptive', auditRate: 0 };
/** The first result counts. */
export const trust: Policy = { kind: 'trust', auditRate: 0 };

export function leased(id: string, need: number): TaskEvent {
  return { type: 'leased', id, holder: { peer: `peer-${id}`, payee: `0x${id}` }, need };
}
export const committed = (id: string): TaskEvent => ({ type: 'committed', id });
export const revealed = (id: string, digest: string): TaskEvent => ({ type: 'revealed', id, digest });
export const asked = (...ids: string[]): TaskEvent => ({ type: 'reveal-asked', ids });
/** The check after these events. */
export const apply = (check: TaskCheck, ...events: TaskEvent[]) => events.reduce(next, check);
/** A task of which nothing happened yet. */
export const start = (policy: Policy, isExact = true) =>
  newTaskCheck(policy, isExact ? 'exact' : 'tolerance');

/** Leases, commits, asks and reveals in one go. */
export function delivered(check: TaskCheck, digests: Record<string, string>, need = 2): TaskCheck {
  const ids = Object.keys(digests);
  const ready = apply(check, ...ids.map((id) => leased(id, need)), ...ids.map(committed), asked(...ids));
  return apply(ready, ...ids.map((id) => revealed(id, digests[id]!)));
}
/** The verdict of a check that has one. */
export function verdictOf(check: TaskCheck) {
  const decision = decide(check);
  if (decision.kind !== 'verdict') throw new Error(`no verdict but ${JSON.stringify(decision)}`);
  return decision;
}
