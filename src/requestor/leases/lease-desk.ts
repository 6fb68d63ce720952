import { leaseDeadlineMs, leaseSize } from '../../market/lease-plan.ts';
import { heldBackTasks } from '../../payment/costs/held-back.ts';
import {
  LEASES_IN_FLIGHT,
  MAX_OPEN_LEASES,
  MAX_REASON_CHARS,
  RESUME_WINDOW_MS,
} from '../../protocol/constants.ts';
import type { PeerId } from '../../protocol/identity.ts';
import type { VerdictOutcome } from '../../protocol/work.ts';
import { expectedResults, firstReplicas } from '../../verification/policy/vote.ts';
import { ABSENCE_BEFORE_REQUEUE_MS, MAX_HOLDERS_NAMED } from '../constants.ts';
import { duplicateFor } from './duplicate.ts';
import { endsInTime } from './ends-in-time.ts';
import type { JobParts } from '../job-parts.ts';
import type { JobProgress } from '../results/job-progress.ts';
import { LeaseOwners } from './lease-owners.ts';
import { mixIn } from './mix-in.ts';
import type { Outbox } from './outbox.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import { creditTasks, priceOf, unpaidTasks } from './link-price.ts';
import { LATE } from '../results/refuse-holder.ts';
import type { TaskDesk } from '../results/task-desk.ts';
import type { RingerDesk } from '../standing/ringer-desk.ts';
import type { WasteDesk } from '../standing/waste-desk.ts';

/** Results per task may be a fraction: ringers are seldom. */
const SHARES = 1_000;

/** What the desk works on. */
export interface LeaseDeskInit {
  readonly parts: JobParts;
  readonly progress: JobProgress;
  readonly outbox: Outbox;
  readonly tasks: () => TaskDesk;
  readonly links: () => readonly ProviderLink[];
  readonly isRunning: () => boolean;
  /** Mixes in tasks whose answer is known: they take the places of others. */
  readonly ringers: () => Pick<RingerDesk, 'lease' | 'noteLeased'>;
  /** Hears what came of leases. */
  readonly waste: () => Pick<WasteDesk, 'useful' | 'wasted' | 'isDoubted'>;
  /** Checks that the job may want before it closes. */
  readonly closingReserve: () => number;
  /** What the budget still allows to promise, in the token's smallest unit. */
  readonly budgetRest: () => bigint;
}

/** Cuts tasks into leases, keeps every provider's pipe full, and knows which lease is whose. */
export class LeaseDesk {
  readonly #init: LeaseDeskInit;
  readonly #owners: LeaseOwners;
  #nextLease = 0;

  constructor(init: LeaseDeskInit) {
    this.#init = init;
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
      const size = Math.min(isDoubted ? 1 : this.#planSize(link), creditTasks(link));
      const id = `${(this.#nextLease++).toString(36)}x${this.#init.parts.leaseSalt}`;
      const tasks = size > 0 ? this.#choose(link, id, size) : [];
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

  #requeue(link: ProviderLink, lease: string, task: number, reason: string): void {
    this.#remove(link, lease, task);
    this.#init.progress.wait(task);
    this.#init.tasks().note(task, { type: 'lost', id: lease, reason });
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

  /** Something came of a lease: once is enough. */
  #noteUseful(link: ProviderLink, lease: string): void {
    const open = link.leases.get(lease);
    if (open === undefined || open.isUseful === true) return;
    open.isUseful = true;
    this.#init.waste().useful(link.peer);
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

  #choose(link: ProviderLink, id: string, size: number): readonly number[] {
    const { parts, links } = this.#init;
    const tasks = this.#init.tasks();
    const lessee = { lease: id, holder: link.holder, agreement: link.digest };
    const fresh = this.#affordableFresh(link);
    const desk = this.#init.ringers();
    const ringers = tasks.queue.waiting > 0 ? desk.lease(lessee, Math.min(size, fresh)) : [];
    // Whoever is the last with credit gets begun tasks first, so that providers do not wait for each other.
    const isLast = links().every((other) => other === link || !other.isAtWork || creditTasks(other) <= 0);
    const waiting = tasks.lease(lessee, size - ringers.length, fresh - ringers.length, isLast);
    desk.noteLeased(link.peer, waiting.length);
    if (waiting.length + ringers.length > 0) return mixIn(waiting, ringers, parts.random);
    // A second one may have to be paid, too.
    const duplicate = fresh > 0 ? duplicateFor(link, links(), tasks, parts.clock.now()) : undefined;
    if (duplicate === undefined) return [];
    tasks.addReplica(duplicate, lessee, 'duplicate');
    return [duplicate];
  }

  #planSize(link: ProviderLink): number {
    const { msPerTask } = link;
    return leaseSize({
      ...(msPerTask === undefined ? {} : { msPerTask }),
      slots: link.agreement.slots,
      tasksLeft: Math.max(this.#init.tasks().queue.waiting, 1),
      providers: this.#init.links().filter(({ isEnded }) => !isEnded).length,
    });
  }

  /** Tasks that may be begun: the budget has to pay for all replicas of what is under way first. */
  #affordableFresh(link: ProviderLink): number {
    const price = priceOf(link);
    if (price === 0n) return Number.MAX_SAFE_INTEGER;
    const { policy, comparator } = this.#init.parts.record.manifest;
    const seated = this.#init.links().filter(({ isEnded }) => !isEnded);
    const dearest = seated.map(priceOf).reduce((most, other) => (other > most ? other : most), price);
    // Whoever takes the replicas may be the dearest, and a dispute wants a referee.
    let reserved = dearest * BigInt(this.#init.tasks().pendingReplicas);
    for (const other of this.#init.links()) reserved += priceOf(other) * BigInt(unpaidTasks(other));
    const isIdle = this.#init.tasks().isIdle;
    // A standing result may be checked once more before the job closes.
    reserved += dearest * BigInt(this.#init.closingReserve());
    const results = Math.max(
      firstReplicas(policy, comparator.class),
      expectedResults(policy, comparator.class),
    );
    const perTask = (dearest * BigInt(Math.ceil(results * SHARES))) / BigInt(SHARES);
    const rest = this.#init.budgetRest() - reserved;
    this.#init.progress.isBroke = isIdle && rest < perTask;
    return rest < perTask ? 0 : Number(rest / perTask);
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
