import { MAX_WORK_FRAME_BYTES } from '../../protocol/constants.ts';
import { open } from '../../protocol/envelope.ts';
import { commitSchema, type WorkUp } from '../../protocol/work.ts';
import { MAX_COMMITS_REPEATED, MAX_FAILED_LEASES } from '../constants.ts';
import type { CoverDesk } from '../pay/cover-desk.ts';
import type { ReceiptDesk } from '../pay/receipt-desk.ts';
import type { JobProgress } from '../results/job-progress.ts';
import type { LeaseDesk } from './lease-desk.ts';
import type { Outbox } from './outbox.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import type { RenewalDesk } from '../seats/renewal-desk.ts';
import type { TaskDesk } from '../results/task-desk.ts';
import type { WasteDesk } from '../standing/waste-desk.ts';

/** What the intake hands things to. */
export interface WorkIntakeInit {
  readonly tasks: TaskDesk;
  readonly leases: LeaseDesk;
  readonly outbox: Outbox;
  readonly progress: JobProgress;
  readonly cover: CoverDesk;
  readonly renewals: RenewalDesk;
  readonly receipts: ReceiptDesk;
  readonly waste: Pick<WasteDesk, 'wasted'>;
  readonly askReveal: (lease: string, task: number, withBytes: boolean) => void;
  readonly dismiss: (link: ProviderLink, state: 'drained' | 'ended', reason: string) => void;
}

/** Takes in what providers say on their work streams. Saying a thing twice changes nothing. */
export class WorkIntake {
  readonly #init: WorkIntakeInit;

  constructor(init: WorkIntakeInit) {
    this.#init = init;
  }

  async receive(link: ProviderLink, message: WorkUp): Promise<void> {
    switch (message.type) {
      case 'commit':
        return this.#committed(link, message);
      case 'results':
        return this.#revealed(link, message);
      case 'failed':
        return this.#failed(link, message);
      case 'ready':
        link.readySlots = message.slots;
        return;
      case 'cover':
        return void this.#init.cover.ask();
      case 'renewed':
        return this.#init.renewals.take(link, message.agreement);
      case 'receipt':
        return this.#init.receipts.take(link, message.receipt);
      case 'drain':
        return this.#left(link, message.reason);
      default:
        return;
    }
  }

  async #committed(link: ProviderLink, message: Extract<WorkUp, { type: 'commit' }>): Promise<void> {
    const { tasks, leases, outbox, progress, askReveal, dismiss } = this.#init;
    const opened = await open(message.commit, 'kiln/commit/1', commitSchema, MAX_WORK_FRAME_BYTES);
    const { agreement, lease, entries } = opened.message;
    if (opened.signer !== link.peer || !link.digests.includes(agreement)) return;
    const known = leases.owner(lease) === link ? link.leases.get(lease) : undefined;
    const tasksNamed = entries.map(({ task }) => task);
    // What is signed here is kept for each task, and shown to others: padding would fill this device and hide a lie.
    if (known !== undefined && !leases.covers(lease, tasksNamed))
      return dismiss(link, 'ended', 'It signed results of tasks that it was not leased.');
    let fresh = 0;
    for (const { task, commitment } of entries) {
      const place = known?.tasks.get(task);
      if (place === undefined)
        outbox.verdict(link, { lease, task, outcome: link.told.of(lease, task) ?? 'not-needed' });
      else if (place.isCommitted) {
        // The stream broke after this commitment: a reveal that was asked for may be lost, so it is asked for again.
        // Not without end: each time, it has longer to answer.
        const replica = tasks.check(task)?.replicas.find(({ id }) => id === lease);
        const isWaitedFor = replica?.phase === 'committed' && replica.isAsked;
        if (!isWaitedFor) continue;
        place.saidAgain = (place.saidAgain ?? 0) + 1;
        if (place.saidAgain <= MAX_COMMITS_REPEATED) askReveal(lease, task, true);
      } else {
        place.isCommitted = true;
        place.deadlineAtMs = Number.POSITIVE_INFINITY;
        fresh++;
        const said = { commitment, commit: message.commit, agreement, wallMs: message.wallMs };
        if (!tasks.commit({ lease, task }, said)) leases.release(link, lease, task, 'not-needed');
      }
    }
    link.executions += fresh;
    progress.execute(fresh);
    if (known !== undefined) link.measure(message.wallMs, fresh, known.leasedAtMs);
  }

  async #revealed(
    link: ProviderLink,
    { lease, entries }: Extract<WorkUp, { type: 'results' }>,
  ): Promise<void> {
    const { tasks, leases } = this.#init;
    if (leases.owner(lease) !== link) return;
    // Whoever has not committed has nothing to show: its time runs on.
    const committed = ({ task }: { readonly task: number }) =>
      link.leases.get(lease)?.tasks.get(task)?.isCommitted === true;
    const arrived = entries.filter(committed).map(({ task }) => task);
    leases.touch(link, lease, arrived, Number.POSITIVE_INFINITY);
    const revealed = await Promise.all(entries.map((entry) => tasks.reveal(lease, link.holder, entry)));
    void Promise.all(revealed.map(({ advanced }) => advanced)).then(() => leases.fillAll());
    // Who has no result says that it failed. To hand one in that cannot vote is a way to hold tasks for nothing.
    link.failures += revealed.filter(({ isVoid }) => isVoid).length;
    if (link.failures >= MAX_FAILED_LEASES)
      this.#giveUp(link, 'Too many of its results are none: they can neither be compared nor paid.');
  }

  #failed(link: ProviderLink, { lease, tasks, reason }: Extract<WorkUp, { type: 'failed' }>): void {
    link.failures++;
    for (const task of tasks) {
      if (link.leases.get(lease)?.tasks.delete(task) !== true) continue;
      this.#init.tasks.note(task, { type: 'inconclusive', id: lease, reason });
    }
    if (link.leases.get(lease)?.tasks.size === 0) link.leases.delete(lease);
    if (link.failures >= MAX_FAILED_LEASES) this.#giveUp(link, `Too many tasks failed: ${reason}`);
  }

  /** It may come back under a new agreement, but not for ever: see `WasteDesk`. */
  #giveUp(link: ProviderLink, reason: string): void {
    if (link.isEnded) return;
    this.#init.waste.wasted(link.peer, 'failed', 1);
    this.#init.dismiss(link, 'ended', reason);
  }

  #left(link: ProviderLink, reason: string): void {
    if (link.isEnded) return;
    if (link.leasesInFlight > 0) this.#init.waste.wasted(link.peer, 'left', 1);
    this.#init.dismiss(link, 'drained', reason);
  }
}
