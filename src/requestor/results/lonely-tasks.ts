import type { Clock } from '../../base/time.ts';
import type { Holder, TaskCheck } from '../../verification/task/task-check.ts';
import { LONELY_BEFORE_OWN_RUN_MS, STUCK_BEFORE_OWN_RUN_MS } from '../constants.ts';
import { refuseHolder } from './refuse-holder.ts';

/** Why nobody else confirms a task: too few are there (or have credit), or too many of them share a network. */
export type LonelyReason = 'few' | 'neighbours';

/** What the class is told. */
export interface LonelyTasksInit {
  readonly clock: Clock;
  /** Who could be given a task now. */
  readonly holders: () => readonly Holder[];
  /** Those of them that have credit left, or will when they are done with what they have in hand. */
  readonly takers: () => readonly Holder[];
  /** Computes a task on this device; never rejects. */
  readonly run: (task: number) => Promise<void>;
  /** Is this device to confirm it, since most of those at work are neighbours of who did it? @default never */
  readonly isAmongNeighbours?: (check: TaskCheck) => boolean;
  /** May this device check results, for want of anybody else? Asked before each. */
  readonly mayRun: (why: LonelyReason) => boolean;
}

/**
 * Tasks that somebody has done and nobody else here may confirm, because too few strangers work on the job, because most
 * of them share a network, or because all have risked as much as they want. They wait a while for another provider; then
 * this device confirms them, one after another, for as long as that lasts.
 */
export class LonelyTasks {
  readonly #init: LonelyTasksInit;
  /** Whose company it is that lasts too long. */
  #company: ReadonlySet<string> = new Set();
  #lonelySinceMs: number | undefined;
  #stuckSinceMs: number | undefined;
  #isBusy = false;

  constructor(init: LonelyTasksInit) {
    this.#init = init;
  }

  /** Looks at the tasks that want one more result. Call it now and then. */
  review(waiting: readonly (readonly [number, TaskCheck])[]): void {
    if (this.#isBusy) return;
    const { isAmongNeighbours, mayRun } = this.#init;
    const crowded = isAmongNeighbours === undefined ? undefined : firstDone(waiting, isAmongNeighbours);
    const task = this.#lonely(waiting) ?? this.#stuck(waiting) ?? crowded;
    if (task === undefined || !mayRun(crowded === undefined ? 'few' : 'neighbours')) return;
    this.#isBusy = true;
    void this.#init.run(task).finally(() => (this.#isBusy = false));
  }

  #lonely(waiting: readonly (readonly [number, TaskCheck])[]): number | undefined {
    const { clock, holders } = this.#init;
    const here = holders();
    const company = new Set(here.map(({ payee }) => payee.toLowerCase()));
    if ([...company].some((payee) => !this.#company.has(payee))) this.#lonelySinceMs = undefined;
    this.#company = company;
    const task = here.length === 0 ? undefined : firstDone(waiting, (check) => isRefused(check, here));
    if (task === undefined) return undefined;
    this.#lonelySinceMs ??= clock.now();
    return clock.now() - this.#lonelySinceMs < LONELY_BEFORE_OWN_RUN_MS ? undefined : task;
  }

  #stuck(waiting: readonly (readonly [number, TaskCheck])[]): number | undefined {
    const { clock, holders, takers } = this.#init;
    const [here, free] = [holders(), takers()];
    const task = firstDone(waiting, (check) => isRefused(check, free) && !isRefused(check, here));
    if (task === undefined) {
      this.#stuckSinceMs = undefined;
      return undefined;
    }
    this.#stuckSinceMs ??= clock.now();
    return clock.now() - this.#stuckSinceMs < STUCK_BEFORE_OWN_RUN_MS ? undefined : task;
  }
}

/** The first task that somebody has done and of which this holds. */
function firstDone(
  waiting: readonly (readonly [number, TaskCheck])[],
  holds: (check: TaskCheck) => boolean,
): number | undefined {
  for (const [task, check] of waiting) {
    const isDone = check.replicas.some(({ phase }) => phase === 'committed' || phase === 'revealed');
    if (isDone && holds(check)) return task;
  }
  return undefined;
}

/** May none of these confirm it? */
function isRefused(check: TaskCheck, holders: readonly Holder[]): boolean {
  return holders.every((holder) => refuseHolder(check, holder) !== undefined);
}
