import type { PeerId } from '../../protocol/identity.ts';
import type { Comparator, Policy } from '../../protocol/policy.ts';
import type { Address } from '../../protocol/primitives.ts';

/** The requestor's own recomputation takes part in comparisons under this id. */
export const OWN_RESULT = 'own';

/** Who holds a replica of a task, and what tells whether two holders may be the same one. */
export interface Holder {
  readonly peer: PeerId;
  readonly payee: Address;
  /** Which GPUs agree with its own bit for bit, as it claims; jobs with `sameNumericClass` need it. */
  readonly numericClass?: string;
  /** Where the requestor sees it, as an address prefix (/24 or /48); absent where it cannot be seen. */
  readonly networkPrefix?: string;
}

/**
 * One execution of a task by one provider. `id` is unique within the task (the lease id will do); `need` is how many
 * agreeing results it calls for ({@link neededResults}).
 *
 * leased → committed → revealed, or one of the ends: `lost` (vanished, late, cancelled, banned; no vote, may be leased
 * to the same provider again), `inconclusive` (ran without a result; no vote), `broken` (a lie about its commitment).
 */
export interface Replica extends Holder {
  readonly id: string;
  readonly need: number;
  readonly phase: 'leased' | 'committed' | 'revealed' | 'lost' | 'inconclusive' | 'broken';
  /** A reveal was asked for: the set of replicas is closed until it has come. */
  readonly isAsked: boolean;
  /** Hex digest of the revealed result. */
  readonly digest?: string;
  /** The verifier program found this revealed result right. */
  readonly isRight?: true;
  readonly reason?: string;
}

/** All that is known about one task. Plain data: storable and cloneable. */
export interface TaskCheck {
  readonly policy: Policy;
  /** Different digests disagree if `exact`, are compared if `tolerance`; with a `verifier` each result is judged alone. */
  readonly comparator: Comparator['class'];
  /** Agreeing results to wait for, whatever their providers' records say: a re-check wants one more than stand already. */
  readonly atLeast: number;
  /** The answer is known, and the task leased only to check its one provider: nothing is settled before that one is. */
  readonly isRinger?: true;
  /** In order of leasing. */
  readonly replicas: readonly Replica[];
  /** Ids in order of commitment. */
  readonly commitOrder: readonly string[];
  readonly audit:
    | { readonly state: 'none' }
    | { readonly state: 'running' }
    /** This device could not compute it. */
    | { readonly state: 'failed' }
    | { readonly state: 'done'; readonly digest: string };
  /** What comparisons said, by {@link pairKey} of two digests; the reason is there when they disagree. */
  readonly comparisons: Readonly<Record<string, { readonly agrees: boolean; readonly reason?: string }>>;
}

/** What can happen to a task. Events that no longer fit (late, repeated, unknown id) change nothing. */
export type TaskEvent =
  | { readonly type: 'leased'; readonly id: string; readonly holder: Holder; readonly need: number }
  | { readonly type: 'committed'; readonly id: string }
  /** The reveals of these were asked for; replicas not committed by now can no longer count. */
  | { readonly type: 'reveal-asked'; readonly ids: readonly string[] }
  /** A result that votes and fits its commitment. */
  | { readonly type: 'revealed'; readonly id: string; readonly digest: string }
  | { readonly type: 'inconclusive'; readonly id: string; readonly reason: string }
  /** Not what was committed to, or its bytes cannot be had: no result, and the provider's fault. */
  | { readonly type: 'broken'; readonly id: string; readonly reason: string }
  | { readonly type: 'lost'; readonly id: string; readonly reason: string }
  | {
      readonly type: 'compared';
      readonly a: string;
      readonly b: string;
      readonly agrees: boolean;
      readonly reason?: string;
    }
  /** What the verifier program said of a revealed result; `inconclusive` takes its vote. */
  | {
      readonly type: 'judged';
      readonly id: string;
      readonly outcome: 'right' | 'wrong' | 'inconclusive';
      readonly reason?: string;
    }
  /** The provider was caught elsewhere: whatever it did here counts no more. */
  | { readonly type: 'banned'; readonly peer: PeerId }
  /** The requestor computes the task itself; no verdict before it is done. */
  | { readonly type: 'audit-started' }
  | { readonly type: 'audited'; readonly digest: string }
  | { readonly type: 'audit-failed' };

/** A task of which nothing is known yet. */
export function newTaskCheck(policy: Policy, comparator: Comparator['class']): TaskCheck {
  return {
    policy,
    comparator,
    atLeast: 1,
    replicas: [],
    commitOrder: [],
    audit: { state: 'none' },
    comparisons: {},
  };
}

/** Key of an unordered pair of digests in `comparisons`. */
export function pairKey(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/**
 * The task after an event; ask {@link decide} what to do then.
 *
 * @example
 * let check = newTaskCheck(policy, 'exact');
 * check = next(check, { type: 'leased', id: 'l1', holder: { peer, payee }, need: 2 });
 * decide(check); // { kind: 'lease', count: 1 }
 */
export function next(check: TaskCheck, event: TaskEvent): TaskCheck {
  switch (event.type) {
    case 'leased':
      return lease(check, event);
    case 'committed':
      return commit(check, event.id);
    case 'reveal-asked':
      return askReveal(check, new Set(event.ids));
    case 'revealed':
      return change(check, event.id, isAwaited, (replica) => ({
        ...replica,
        phase: 'revealed',
        digest: event.digest,
      }));
    case 'inconclusive':
      return change(check, event.id, isLive, (replica) => ({
        ...replica,
        phase: 'inconclusive',
        reason: event.reason,
      }));
    case 'broken':
      return change(check, event.id, isAskedFor, (replica) => ({
        ...replica,
        phase: 'broken',
        reason: event.reason,
      }));
    case 'lost':
      return change(check, event.id, isLive, (replica) => ({
        ...replica,
        phase: 'lost',
        reason: event.reason,
      }));
    case 'compared':
      return compared(check, event);
    case 'judged':
      return judge(check, event);
    case 'banned':
      return banAll(check, event.peer);
    case 'audit-started':
      return check.audit.state === 'none' ? { ...check, audit: { state: 'running' } } : check;
    case 'audited':
      return check.audit.state === 'running'
        ? { ...check, audit: { state: 'done', digest: event.digest } }
        : check;
    case 'audit-failed':
      return check.audit.state === 'running' ? { ...check, audit: { state: 'failed' } } : check;
  }
}

/** Is this replica still expected to do something? */
export function isLive(replica: Replica): boolean {
  return replica.phase === 'leased' || replica.phase === 'committed';
}

/** Was this replica asked to reveal, and has not yet? */
export function isAwaited(replica: Replica): boolean {
  return replica.phase === 'committed' && replica.isAsked;
}

function isAskedFor(replica: Replica): boolean {
  return isAwaited(replica) || replica.phase === 'revealed';
}

function lease(check: TaskCheck, { id, holder, need }: Extract<TaskEvent, { type: 'leased' }>): TaskCheck {
  if (id === OWN_RESULT || check.replicas.some((replica) => replica.id === id)) return check;
  const replica: Replica = { id, ...holder, need, phase: 'leased', isAsked: false };
  return { ...check, replicas: [...check.replicas, replica] };
}

function commit(check: TaskCheck, id: string): TaskCheck {
  const changed = change(
    check,
    id,
    (replica) => replica.phase === 'leased',
    (replica) => ({ ...replica, phase: 'committed' }),
  );
  return changed === check ? check : { ...changed, commitOrder: [...check.commitOrder, id] };
}

function askReveal(check: TaskCheck, ids: ReadonlySet<string>): TaskCheck {
  return {
    ...check,
    replicas: check.replicas.map((replica): Replica => {
      if (replica.phase === 'leased') return { ...replica, phase: 'lost', reason: 'others were faster' };
      return replica.phase === 'committed' && ids.has(replica.id) ? { ...replica, isAsked: true } : replica;
    }),
  };
}

function compared(check: TaskCheck, event: Extract<TaskEvent, { type: 'compared' }>): TaskCheck {
  const a = digestOf(check, event.a);
  const b = digestOf(check, event.b);
  if (a === undefined || b === undefined) return check;
  const { agrees, reason } = event;
  const outcome = reason === undefined ? { agrees } : { agrees, reason };
  return { ...check, comparisons: { ...check.comparisons, [pairKey(a, b)]: outcome } };
}

function digestOf(check: TaskCheck, id: string): string | undefined {
  if (id !== OWN_RESULT) return check.replicas.find((replica) => replica.id === id)?.digest;
  return check.audit.state === 'done' ? check.audit.digest : undefined;
}

function judge(check: TaskCheck, { id, outcome, reason }: Extract<TaskEvent, { type: 'judged' }>): TaskCheck {
  const isUnjudged = (replica: Replica) => replica.phase === 'revealed' && replica.isRight === undefined;
  return change(check, id, isUnjudged, (replica): Replica => {
    if (outcome === 'right') return { ...replica, isRight: true };
    return outcome === 'wrong'
      ? { ...replica, phase: 'broken', reason: reason ?? 'the verifier found it wrong' }
      : { ...replica, phase: 'inconclusive', reason: reason ?? 'the verifier could not tell' };
  });
}

function banAll(check: TaskCheck, peer: PeerId): TaskCheck {
  const replicas = check.replicas.map((replica) => ban(replica, peer));
  return replicas.some((replica, i) => replica !== check.replicas[i]) ? { ...check, replicas } : check;
}

function ban(replica: Replica, peer: PeerId): Replica {
  return replica.peer === peer && replica.phase !== 'broken' && replica.phase !== 'lost'
    ? { ...replica, phase: 'lost', reason: 'its provider was banned' }
    : replica;
}

function change(
  check: TaskCheck,
  id: string,
  fits: (replica: Replica) => boolean,
  changed: (replica: Replica) => Replica,
): TaskCheck {
  const index = check.replicas.findIndex((replica) => replica.id === id);
  const replica = check.replicas[index];
  if (replica === undefined || !fits(replica)) return check;
  return { ...check, replicas: check.replicas.with(index, changed(replica)) };
}
