import type { Clock } from '../base/time.ts';
import type { JobDesks } from './job-desks.ts';
import type { Paymaster } from './pay/paymaster.ts';
import type { ProviderLink } from './seats/provider-link.ts';

/** What a job is ended with. */
export interface JobEndingInit {
  readonly taskCount: number;
  readonly clock: Clock;
  readonly desks: JobDesks;
  readonly paymaster: Paymaster;
  readonly isRunning: () => boolean;
  readonly dismiss: (link: ProviderLink, reason: string) => void;
  /** Nobody is looked for from now on. */
  readonly onBegun: () => void;
  /** All is paid and said. */
  readonly onEnded: () => Promise<void>;
}

/** How a job comes to its end: once, with everything paid that was accepted or held back. */
export class JobEnding {
  readonly #init: JobEndingInit;
  #hasBegun = false;

  constructor(init: JobEndingInit) {
    this.#init = init;
  }

  /** Nothing new is begun: what is owed is being paid. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Looks whether the job is done once everything under way now has been noted. */
  lookSoon(): void {
    queueMicrotask(() => void this.look());
  }

  /**
   * Every task has a result, or no further one fits the budget: what the check policy wants seen before the job closes is
   * seen now, then all is released and paid.
   */
  async look(): Promise<void> {
    if (!this.#init.isRunning()) return;
    const { taskCount, paymaster, desks } = this.#init;
    const { progress, releases, rechecks, leases, tasks } = desks;
    if (progress.fault !== undefined) return this.end('failed', progress.fault);
    const isSpent = () => progress.isBroke && tasks.isIdle;
    if ((progress.settled < taskCount && !isSpent()) || rechecks.open > 0) return;
    if (!releases.isClosed && rechecks.beginClosing()) return leases.fillAll();
    releases.close();
    if (!releases.isDone) return;
    if (progress.verified === taskCount) return this.end('done');
    // The checks may have cost less than was set aside for them.
    await paymaster.settled();
    leases.fillAll();
    if (isSpent()) await this.end('failed', progress.spentReason);
  }

  /** Ends the job, whatever its tasks have come to; what was accepted or held back is paid before anybody is dismissed. */
  async end(status: 'done' | 'cancelled' | 'failed', error?: string): Promise<void> {
    const { isRunning, clock, desks, paymaster, dismiss, onBegun, onEnded } = this.#init;
    if (!isRunning()) return;
    this.#hasBegun = true;
    onBegun();
    const { releases, links, progress } = desks;
    if (status !== 'done') await releases.settleUp();
    for (const link of links.all) if (link.owedTasks > 0) await paymaster.pay(link).catch(() => {});
    await paymaster.settled();
    progress.end(status, clock.now(), error);
    for (const link of links.all)
      dismiss(link, status === 'done' ? 'The job is done.' : `The job was ${status}.`);
    await onEnded();
  }
}
