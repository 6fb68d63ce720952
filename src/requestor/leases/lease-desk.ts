import { effectiveLimits } from '../../job/limits.ts';
import { leaseDeadlineMs } from '../../market/lease-plan.ts';
import { heldBackTasks } from '../../payment/costs/held-back.ts';
import {
  LEASES_IN_FLIGHT,
  MAX_OPEN_LEASES,
  MAX_REASON_CHARS,
  RESUME_WINDOW_MS,
} from '../../protocol/constants.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { VerdictOutcome } from '../../protocol/work.ts';
import { ABSENCE_BEFORE_REQUEUE_MS, MAX_HOLDERS_NAMED } from '../constants.ts';
import { endsInTime } from './ends-in-time.ts';
import type { JobProgress } from '../results/job-progress.ts';
import { LeaseChoice, type LeaseChoiceInit } from './lease-choice.ts';
import { LeaseOwners } from './lease-owners.ts';
import type { Outbox } from './outbox.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import { LATE } from '../results/placement/refuse-holder.ts';
import type { WasteDesk } from '../standing/waste-desk.ts';

/** What the desk works on. */
export interface LeaseDeskInit extends LeaseChoiceInit {
  readonly progress: JobProgress;
  readonly outbox: Outbox;
  readonly isRunning: () => boolean;
  /** Hears what came of leases. */
  readonly waste: () => Pick<WasteDesk, 'useful' | 'wasted' | 'isDoubted' | 'sharedStalls'>;
}

/** Keeps every provider's pipe full, and the books of what is leased: whose it is, until when, and what became of it. */
export class LeaseDesk {
  readonly #init: LeaseDeskInit;
  readonly #choice: LeaseChoice;
  readonly #owners: LeaseOwners;
  #nextLease = 0;

  constructor(init: LeaseDeskInit) {
    this.#init = init;
    this.#choice = new LeaseChoice(init);
    this.#owners = new LeaseOwners((lease, task) => this.#mayBeJudged(lease, task));
  }

  /** The provider that a lease was given to, also after it ended, while a result of it may be judged. */
  owner(lease: string): ProviderLink | undefined {
    return this.#owners.get(lease);
  }

  /** Are these tasks of this lease, each once? */
  covers(lease: string, tasks: readonly number[]): boolean {
    return this.#owners.covers(lease, tasks);
  }

  fillAll(): void {
    for (const link of this.#init.links()) this.fill(link);
  }

  /** Leases to one provider until its pipe is full, its credit is used up, or no task is left for it. */
  fill(link: ProviderLink): void {
    // Whoever let the last lease run out gets single tasks, and few of them, until something comes of one.
    const isDoubted = this.#init.waste().isDoubted(link.peer);
    const mostOpen = isDoubted ? LEASES_IN_FLIGHT : MAX_OPEN_LEASES;
    const inFlight = isDoubted ? 1 : link.slots * LEASES_IN_FLIGHT;
    const hasRoom = () => link.leasesInFlight < inFlight && link.leases.size < mostOpen;
    const isOpen = () => this.#init.isRunning() && link.isAttached && !link.isEnded;
    while (isOpen() && hasRoom() && endsInTime(link, this.#init.parts.clock.now())) {
      const size = this.#choice.size(link, isDoubted);
      const id = `${(this.#nextLease++).toString(36)}x${this.#init.parts.leaseSalt}`;
      const tasks = size > 0 ? this.#choice.take(link, id, size) : [];
      if (tasks.length === 0) return;
      this.#lease(link, id, tasks);
    }
  }

  /** Sets until when tasks of a lease are waited for. */
  touch(link: ProviderLink, lease: string, tasks: readonly number[], deadlineAtMs: number): void {
    for (const task of tasks) {
      const place = link.leases.get(lease)?.tasks.get(task);
      if (place !== undefined) place.deadlineAtMs = deadlineAtMs;
    }
  }

  /** May the pay of one more task of this provider be held back, by its check policy, its credit and what it was paid? */
  mayHold(link: ProviderLink): boolean {
    return link.told.heldTasks < heldBackTasks(link.agreement, link.tasksPaid);
  }

  /**
   * A provider hears what became of a task. After `provisional` (only where {@link mayHold} allows it) another verdict is
   * due, in the same way; the task counts against the provider's credit until then.
   */
  release(link: ProviderLink, lease: string, task: number, outcome: VerdictOutcome, reason?: string): void {
    const entry = {
      lease,
      task,
      outcome,
      ...(reason === undefined ? {} : { reason: reason.slice(0, MAX_REASON_CHARS) }),
    };
    if (outcome === 'rejected' && link.told.of(lease, task) !== outcome) link.rejectedTasks++;
    if (outcome !== 'rejected' && outcome !== 'inconclusive') this.#noteUseful(link, lease);
    link.told.note(entry, link.isAttached);
    this.#init.outbox.verdict(link, entry);
    this.#remove(link, lease, task);
  }

  /** Others were faster: stops this replica when its lease holds nothing else. */
  drop(lease: string, task: number): void {
    const link = this.#owners.get(lease);
    if (link !== undefined && this.#remove(link, lease, task) && !link.leases.has(lease))
      this.#init.outbox.cancel(link, lease);
  }

  /** A provider will not deliver this task: it goes back to the queue. */
  lose(link: ProviderLink, lease: string, task: number, reason: string): void {
    const place = link.leases.get(lease)?.tasks.get(task);
    if (place === undefined) return;
    const isOverdue = !place.isCommitted || place.deadlineAtMs < this.#init.parts.clock.now();
    // What this requestor itself puts an end to is nobody's loss.
    if (isOverdue && (!link.isEnded || link.state === 'drained')) link.lostTasks++;
    this.#requeue(link, lease, task, reason);
  }

  /** A provider will deliver nothing of what it has in hand. */
  loseAll(link: ProviderLink, reason: string): void {
    for (const [id, lease] of [...link.leases])
      for (const task of [...lease.tasks.keys()]) this.lose(link, id, task, reason);
  }

  /** A provider is back and still holds these leases: what it lost is leased again, what nobody waits for is stopped. */
  reconcile(link: ProviderLink, held: readonly string[]): void {
    for (const [id, lease] of [...link.leases]) {
      if (held.includes(id)) continue;
      // The break may have swallowed the lease itself: that is no loss of the provider's.
      for (const task of [...lease.tasks.keys()])
        this.#requeue(link, id, task, 'the provider no longer holds it');
    }
    // Verdicts first, of what is over too: the break may have swallowed them, and a cancelled lease has none.
    const over = new Set(held.filter((id) => !link.leases.has(id)));
    for (const entry of [...link.told.about(over), ...link.told.again])
      this.#init.outbox.verdict(link, entry);
    for (const id of over) this.#init.outbox.cancel(link, id);
  }

  /** Gives up what is late or whose provider vanished; returns a reason to end the agreement when there is one. */
  review(link: ProviderLink, nowMs: number): string | undefined {
    if (link.isEnded) return undefined;
    this.#loseLate(link, nowMs);
    if (link.agreement.expiresAt <= nowMs) return 'The agreement has expired.';
    if (link.brokenMs > RESUME_WINDOW_MS) return 'Out of reach for two minutes.';
    // A vanished provider keeps its seat for a while, but its tasks go on elsewhere.
    if (link.brokenMs > ABSENCE_BEFORE_REQUEUE_MS) this.loseAll(link, 'the provider vanished');
    return undefined;
  }

  #lease(link: ProviderLink, id: string, tasks: readonly number[]): void {
    const { clock, record } = this.#init.parts;
    const tasksAhead = [...link.leases.values()].reduce((sum, lease) => sum + lease.tasks.size, 0);
    const deadlineMs = leaseDeadlineMs({
      tasks: tasks.length,
      tasksAhead,
      slots: link.agreement.slots,
      tryOutMs: record.terms.microUnitsPerTask / 1_000,
      ...(link.msPerTask === undefined ? {} : { msPerTask: link.msPerTask }),
      ...(link.claimed === undefined ? {} : { claimed: link.claimed }),
      stalls: this.#init.waste().sharedStalls,
      limitMs: effectiveLimits(record.manifest.limits).wallMs,
    });
    const leasedAtMs = clock.now();
    const place = () => ({ deadlineAtMs: leasedAtMs + deadlineMs, isCommitted: false });
    link.leases.set(id, { id, leasedAtMs, tasks: new Map(tasks.map((task) => [task, place()])) });
    this.#owners.add(id, link, tasks);
    for (const task of tasks) this.#init.progress.run(task);
    link.send({ type: 'lease', lease: id, tasks: [...tasks], deadlineMs, holders: this.#holders(link) });
  }

  /** Other providers that have worked on this job have its inputs too. */
  #holders(link: ProviderLink): PeerId[] {
    return this.#init
      .links()
      .filter((other) => other !== link && other.isAttached && other.executions > 0)
      .slice(0, MAX_HOLDERS_NAMED)
      .map(({ peer }) => peer);
  }

  /** Gives up what is past its deadline. Whoever is cut off is not late: it may have done its work. */
  #loseLate(link: ProviderLink, nowMs: number): void {
    let isLate = false;
    for (const [id, { tasks, leasedAtMs }] of [...link.leases]) {
      const late = [...tasks].filter(([, { deadlineAtMs }]) => deadlineAtMs < nowMs);
      if (late.length === 0) continue;
      isLate = true;
      const kind = late.every(([, { isCommitted }]) => isCommitted) ? 'unopened' : 'late';
      if (link.isAttached) this.#init.waste().wasted(link.peer, kind, late.length, leasedAtMs);
      for (const [task] of late) this.lose(link, id, task, LATE);
      if (!link.leases.has(id)) this.#init.outbox.cancel(link, id);
    }
    // Several leases late in one stall are one failure.
    if (isLate && link.isAttached) this.#init.parts.reputation.note(link.peer, 'late');
  }

  #requeue(link: ProviderLink, lease: string, task: number, reason: string): void {
    this.#remove(link, lease, task);
    this.#init.progress.wait(task);
    this.#init.tasks().note(task, { type: 'lost', id: lease, reason });
  }

  /** Something came of a lease: once is enough. */
  #noteUseful(link: ProviderLink, lease: string): void {
    const open = link.leases.get(lease);
    if (open === undefined || open.isUseful === true) return;
    open.isUseful = true;
    this.#init.waste().useful(link.peer);
  }

  #mayBeJudged(lease: string, task: number): boolean {
    if (this.#owners.get(lease)?.told.isHeld(lease, task) === true) return true;
    return (
      this.#init
        .tasks()
        .check(task)
        ?.replicas.some(({ id }) => id === lease) === true
    );
  }

  #remove(link: ProviderLink, lease: string, task: number): boolean {
    const open = link.leases.get(lease);
    const isRemoved = open?.tasks.delete(task) ?? false;
    if (open?.tasks.size === 0) link.leases.delete(lease);
    return isRemoved;
  }
}
