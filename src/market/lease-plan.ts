import { LEASE_TARGET_MS, LEASES_IN_FLIGHT, MAX_TASKS_PER_LEASE } from '../protocol/constants.ts';

/** A lease is late after this many times its expected duration: tabs in the background run several times slower. */
const DEADLINE_FACTOR = 6;
/** No deadline is shorter: a throttled tab or a blob on its way must not look like a vanished provider. */
export const MIN_DEADLINE_MS = 30_000;
/** While a provider's speed is unknown: compiling a pipeline on a software GPU alone takes over ten seconds. */
export const UNKNOWN_DEADLINE_MS = 90_000;
/** Score of the reference device, in micro-units per second. */
const REFERENCE_SCORE = 1_000_000;
/** A device that says it is slower than the reference is given more time for its first tasks, up to this many times. */
const MAX_CLAIMED_SLOWNESS = 16;
/** Five doublings of half a minute are longer than any task may take. */
const MAX_DOUBLINGS = 5;
/** Copies of one lease's work at most, the first one included. */
const MAX_COPIES = 2;

/** What is known when a lease is cut. */
export interface LeaseSituation {
  /** Measured milliseconds per task on this provider's slot; absent while unknown. */
  readonly msPerTask?: number;
  /** Slots of this provider. */
  readonly slots: number;
  /** Replicas still waiting to be leased, over the whole job. */
  readonly tasksLeft: number;
  /** Providers at work. */
  readonly providers: number;
}

/**
 * Tasks in the next lease: about a second of one slot's work, one while the speed is unknown, less near the end so
 * that every slot of every provider gets its share. Zero only when no task is left.
 */
export function leaseSize({ msPerTask, slots, tasksLeft, providers }: LeaseSituation): number {
  if (tasksLeft <= 0) return 0;
  if (msPerTask === undefined) return 1;
  const target = Math.floor(LEASE_TARGET_MS / Math.max(msPerTask, LEASE_TARGET_MS / MAX_TASKS_PER_LEASE));
  const share = Math.ceil(tasksLeft / (Math.max(1, providers) * Math.max(1, slots) * LEASES_IN_FLIGHT));
  return Math.max(1, Math.min(target, share, MAX_TASKS_PER_LEASE));
}

/**
 * Milliseconds that a lease may take, from its arrival. `tasksAhead` are this provider's tasks leased before it;
 * `tryOutMs` is what one task takes a device of reference speed, used while the provider's speed is unknown;
 * `claimed` is the score that the provider states, in micro-units per second: a slow one takes longer. After
 * `stalls` in a row of all providers the least time doubles with each: tasks may be longer than those that the pace was
 * measured with. Never beyond what their limit (`limitMs` each) lets them take.
 */
export function leaseDeadlineMs(lease: {
  readonly tasks: number;
  readonly tasksAhead: number;
  readonly slots: number;
  readonly msPerTask?: number;
  readonly tryOutMs?: number;
  readonly claimed?: number;
  /** @default 0 */
  readonly stalls?: number;
  /** What one task may take by its job, in milliseconds. @default it is not known */
  readonly limitMs?: number;
}): number {
  const turns = lease.tasks + lease.tasksAhead / Math.max(1, lease.slots);
  const least = lease.msPerTask === undefined ? UNKNOWN_DEADLINE_MS : MIN_DEADLINE_MS;
  const slowness = REFERENCE_SCORE / Math.max(lease.claimed ?? REFERENCE_SCORE, 1);
  const firstMs = (lease.tryOutMs ?? 0) * Math.min(Math.max(slowness, 1), MAX_CLAIMED_SLOWNESS);
  const perTask = lease.msPerTask ?? firstMs;
  const patientMs = least * 2 ** Math.min(lease.stalls ?? 0, MAX_DOUBLINGS);
  const mostMs = least + (lease.limitMs ?? Infinity) * turns;
  return Math.ceil(Math.max(DEADLINE_FACTOR * perTask * turns, Math.min(patientMs, mostMs)));
}

/** A task that somebody works on now. */
export interface RunningLease {
  readonly task: number;
  readonly startedAtMs: number;
  /** By the record of the provider that holds it; absent while unknown. */
  readonly expectedMs?: number;
  /** Providers that hold this task now beyond what its check asks for, plus one. */
  readonly copies: number;
}

/**
 * The running task whose duplicate helps most, for a provider that would otherwise idle: the one expected to end last,
 * if the idle one (`ownMs` per task) would probably be done before it. Only for the end of a job, when nothing waits.
 */
export function nextDuplicate(
  running: Iterable<RunningLease>,
  nowMs: number,
  ownMs: number,
  mayTake: (task: number) => boolean,
): number | undefined {
  let slowest: { task: number; leftMs: number } | undefined;
  for (const lease of running) {
    if (lease.copies >= MAX_COPIES) continue;
    const leftMs = expectedLeftMs(lease, nowMs);
    if (leftMs <= ownMs || (slowest !== undefined && leftMs <= slowest.leftMs)) continue;
    if (mayTake(lease.task)) slowest = { task: lease.task, leftMs };
  }
  return slowest?.task;
}

/** What is late is expected to take as long again as it is late; what is unknown as long again as it took. */
function expectedLeftMs({ startedAtMs, expectedMs = 0 }: RunningLease, nowMs: number): number {
  return Math.abs(startedAtMs + expectedMs - nowMs);
}
