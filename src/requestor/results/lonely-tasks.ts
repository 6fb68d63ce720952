import type { Clock } from '../../base/time.ts';
import type { Holder, TaskCheck } from '../../verification/task/task-check.ts';
import { LONELY_BEFORE_OWN_RUN_MS } from '../constants.ts';
import { refuseHolder } from './refuse-holder.ts';

/** What the class is told. */
export interface LonelyTasksInit {
  readonly clock: Clock;
  /** Who could be given a task now. */
  readonly holders: () => readonly Holder[];
  /** Computes a task on this device; never rejects. */
  readonly run: (task: number) => Promise<void>;
  /** May this device check results, for want of anybody else? Asked before each. */
  readonly mayRun: () => boolean;
}

/**
 * Tasks that somebody has done and nobody else here may confirm, because too few strangers work on the job. They wait a
 * while for another provider; then this device confirms them, one after another, for as long as the same few are there.
 */
export class LonelyTasks {
  readonly #init: LonelyTasksInit;
  /** Whose company it is that lasts too long. */
  #company: ReadonlySet<string> = new Set();
  #sinceMs: number | undefined;
  #isBusy = false;

  constructor(init: LonelyTasksInit) {
    this.#init = init;
  }

  /** Looks at the tasks that want one more result. Call it now and then. */
  review(waiting: Iterable<readonly [number, TaskCheck]>): void {
    const { clock, holders, run, mayRun } = this.#init;
    const here = holders();
    const company = new Set(here.map(({ payee }) => payee.toLowerCase()));
    if ([...company].some((payee) => !this.#company.has(payee))) this.#sinceMs = undefined;
    this.#company = company;
    const lonely = here.length === 0 ? undefined : firstLonely(waiting, here);
    if (lonely === undefined || this.#isBusy) return;
    this.#sinceMs ??= clock.now();
    if (clock.now() - this.#sinceMs < LONELY_BEFORE_OWN_RUN_MS || !mayRun()) return;
    this.#isBusy = true;
    void run(lonely).finally(() => (this.#isBusy = false));
  }
}

function firstLonely(
  waiting: Iterable<readonly [number, TaskCheck]>,
  holders: readonly Holder[],
): number | undefined {
  for (const [task, check] of waiting) {
    const isDone = check.replicas.some(({ phase }) => phase === 'committed' || phase === 'revealed');
    if (isDone && holders.every((holder) => refuseHolder(check, holder) !== undefined)) return task;
  }
  return undefined;
}
