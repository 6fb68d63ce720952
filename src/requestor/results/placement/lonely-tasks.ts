import type { Clock } from '../../../base/time.ts';
import type { Holder, TaskCheck } from '../../../verification/task/task-check.ts';
import { LONELY_BEFORE_OWN_RUN_MS, STUCK_BEFORE_OWN_RUN_MS } from '../../constants.ts';
import { refuseHolder } from './refuse-holder.ts';

/** Why nobody else confirms a task: too few are there (or have credit), or too many of them share a network. */
export type LonelyReason = 'few' | 'neighbours';

/** A task that wants one more result: its number, and what is known of it. */
type Waiting = readonly [number, TaskCheck];

/** The task that this device is to confirm next. */
interface Chosen {
  readonly task: number;
  readonly why: LonelyReason;
}

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
  review(waiting: readonly Waiting[]): void {
    if (this.#isBusy) return;
    const chosen = this.#lonely(waiting) ?? this.#stuck(waiting) ?? this.#crowded(waiting);
    if (chosen === undefined || !this.#init.mayRun(chosen.why)) return;
    this.#isBusy = true;
    void this.#init.run(chosen.task).finally(() => (this.#isBusy = false));
  }

  /** Nobody here may confirm it: too few are there, or those that are share a network with who did it. */
  #lonely(waiting: readonly Waiting[]): Chosen | undefined {
    const { clock, holders } = this.#init;
    const here = holders();
    const company = new Set(here.map(({ payee }) => payee.toLowerCase()));
    if ([...company].some((payee) => !this.#company.has(payee))) this.#lonelySinceMs = undefined;
    this.#company = company;
    const done = here.length === 0 ? undefined : firstDone(waiting, (check) => isRefused(check, here));
    if (done === undefined) return undefined;
    this.#lonelySinceMs ??= clock.now();
    if (clock.now() - this.#lonelySinceMs < LONELY_BEFORE_OWN_RUN_MS) return undefined;
    const [task, check] = done;
    return { task, why: this.#isCrowded(check) ? 'neighbours' : 'few' };
  }

  /** Somebody here may confirm it, and nobody who may has the credit to. */
  #stuck(waiting: readonly Waiting[]): Chosen | undefined {
    const { clock, holders, takers } = this.#init;
    const [here, free] = [holders(), takers()];
    const done = firstDone(waiting, (check) => isRefused(check, free) && !isRefused(check, here));
    if (done === undefined) {
      this.#stuckSinceMs = undefined;
      return undefined;
    }
    this.#stuckSinceMs ??= clock.now();
    if (clock.now() - this.#stuckSinceMs < STUCK_BEFORE_OWN_RUN_MS) return undefined;
    return { task: done[0], why: 'few' };
  }

  #crowded(waiting: readonly Waiting[]): Chosen | undefined {
    const done = firstDone(waiting, (check) => this.#isCrowded(check));
    return done === undefined ? undefined : { task: done[0], why: 'neighbours' };
  }

  #isCrowded(check: TaskCheck): boolean {
    return this.#init.isAmongNeighbours?.(check) === true;
  }
}

/** The first task that somebody has done and of which this holds. */
function firstDone(waiting: readonly Waiting[], holds: (check: TaskCheck) => boolean): Waiting | undefined {
  return waiting.find(([, check]) => {
    const isDone = check.replicas.some(({ phase }) => phase === 'committed' || phase === 'revealed');
    return isDone && holds(check);
  });
}

/** May none of these confirm it? */
function isRefused(check: TaskCheck, holders: readonly Holder[]): boolean {
  return holders.every((holder) => refuseHolder(check, holder) !== undefined);
}
