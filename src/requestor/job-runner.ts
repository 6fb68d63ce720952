import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import { Emitter } from '../base/events.ts';
import { toKilnError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import { every } from '../base/time.ts';
import type { Demand } from '../protocol/announce.ts';
import { MAX_WORK_FRAME_BYTES, RESUME_WINDOW_MS } from '../protocol/constants.ts';
import { open } from '../protocol/envelope.ts';
import type { PeerId } from '../protocol/identity.ts';
import { commitSchema, type RequestorWorkChannel, type WorkUp } from '../protocol/work.ts';
import { rerunAfterBan } from '../verification/rerun-after-ban.ts';
import { Announcer } from './announcer.ts';
import {
  ABSENCE_BEFORE_REQUEUE_MS,
  MAX_FAILED_LEASES,
  REVEAL_TIMEOUT_MS,
  SWEEP_INTERVAL_MS,
} from './constants.ts';
import type { JobParts } from './job-parts.ts';
import { JobProgress } from './job-progress.ts';
import { LeaseDesk } from './lease-desk.ts';
import { Outbox } from './outbox.ts';
import type { Paymaster } from './paymaster.ts';
import { ProviderLink } from './provider-link.ts';
import type { RequestorAgreementRecord } from './records.ts';
import { restorePay } from './restore-pay.ts';
import { ResultDesk } from './result-desk.ts';
import { SeatDesk } from './seat-desk.ts';
import { type Settled, TaskDesk } from './task-desk.ts';

/** What others hear of a running job. */
export interface JobEvents {
  verified: number;
  changed: void;
  ended: void;
}

/** One job under way: keeps its providers busy, has every result checked, stores what is verified, pays for it. */
export class JobRunner implements AsyncDisposable {
  readonly events = new Emitter<JobEvents>();
  readonly seats: SeatDesk;
  readonly progress: JobProgress;
  readonly #parts: JobParts;
  readonly #paymaster: Paymaster;
  readonly #results: ResultDesk;
  readonly #tasks: TaskDesk;
  readonly #links = new Map<string, ProviderLink>();
  readonly #leases: LeaseDesk;
  readonly #outbox = new Outbox();
  readonly #bannedPayees = new Set<string>();
  /** Verified tasks that only one provider vouches for. */
  readonly #solo = new Map<number, PeerId>();
  readonly #scope = new Scope();
  readonly #announcer: Announcer;

  constructor(parts: JobParts, paymaster: Paymaster) {
    this.#parts = parts;
    this.#paymaster = paymaster;
    const { record, clock, random, network } = parts;
    this.progress = new JobProgress(record, parts.taskCount, clock.now());
    this.#leases = new LeaseDesk({
      parts,
      progress: this.progress,
      outbox: this.#outbox,
      tasks: () => this.#tasks,
      links: () => this.links,
      isRunning: () => this.isRunning,
      budgetRest: () => paymaster.rest,
    });
    this.#results = new ResultDesk(record.job, clock, {
      askBytes: ({ lease, task }) => this.#askReveal(lease, task, true),
      fetchOutput: ({ lease }, cid, bytes) => this.#fetchOutput(lease, cid, bytes),
    });
    this.#tasks = new TaskDesk(record.manifest, parts.taskCount, this.#results, random, {
      askReveal: (lease, task, withBytes) => this.#askReveal(lease, task, withBytes),
      dropReplica: (lease, task) => this.#leases.drop(lease, task),
      isOnlyProvider: (peer) => this.links.every((link) => link.peer === peer || !link.isAttached),
      recompute: (task) => parts.recompute(task),
      settle: (settled) => this.#settle(settled),
      fail: (task, reason) => void this.#end('failed', `Task ${task}: ${reason}.`),
    });
    this.seats = new SeatDesk({
      clock,
      demand: () => this.demand(),
      seated: () => this.#seated(),
      bannedPeers: this.progress.banned,
      bannedPayees: this.#bannedPayees,
      reliability: (peer) => parts.reputation.reliability(peer),
    });
    this.#announcer = new Announcer(network, clock, random, () => {
      const isWanted = !this.isRunning || this.#seated().length < record.terms.seats;
      return isWanted ? this.#demandTerms() : undefined;
    });
    this.#scope.add(() => this.#announcer.stop());
    this.#scope.add(
      every(
        clock,
        () => SWEEP_INTERVAL_MS,
        () => this.#sweep(),
      ),
    );
  }

  get job(): Cid {
    return this.#parts.record.job;
  }

  get isRunning(): boolean {
    return this.progress.status === 'running' && !this.#scope.isClosed;
  }

  /** Promised by the job's session key so far, in the token's smallest unit. */
  get spent(): bigint {
    return this.#paymaster.spent;
  }

  /** The provider of an agreement of this job. */
  link(agreement: string): ProviderLink | undefined {
    return this.#links.get(agreement);
  }

  get links(): readonly ProviderLink[] {
    return [...this.#links.values()];
  }

  /** Takes over what a reloaded tab had stored: verified tasks, agreements, and what is still owed. */
  async restore(agreements: readonly RequestorAgreementRecord[]): Promise<void> {
    const supported = new Map<string, number>();
    for (const { task, supporters } of await this.#parts.keeper.all()) {
      this.#tasks.queue.finish(task);
      this.progress.verify(task);
      if (supporters.length === 1) this.#solo.set(task, supporters[0]!.peer);
      for (const { agreement } of supporters) supported.set(agreement, (supported.get(agreement) ?? 0) + 1);
    }
    const byAge = agreements.toSorted((a, b) => a.agreement.issuedAt - b.agreement.issuedAt);
    for (const record of byAge) this.seat(record);
    const { links } = this;
    restorePay(links, supported, (payee) => this.#paymaster.promised(payee));
    for (const link of links) if (link.owedTasks > 0) await this.#paymaster.pay(link);
    await this.#endWhenDone();
  }

  /** A sealed agreement: its provider may open the work stream now. An older one of the same peer ends. */
  seat(record: RequestorAgreementRecord): void {
    for (const link of this.#links.values()) {
      if (link.peer === record.agreement.provider && !link.isEnded)
        this.#dismiss(link, 'ended', 'A newer agreement replaces this one.');
    }
    this.#links.set(
      record.digest,
      new ProviderLink(this.#parts.clock, record.digest, record.agreement, record.addresses),
    );
    this.#changed();
  }

  /** Serves a provider's work stream until it breaks or ends. `leases` are those that the provider still holds. */
  async serve(
    link: ProviderLink,
    channel: RequestorWorkChannel,
    messages: AsyncIterator<WorkUp>,
    leases: readonly string[],
  ): Promise<void> {
    const serving = link.serve(channel, messages, (message) => this.#receive(link, message));
    for (const [id, lease] of link.leases) {
      if (!leases.includes(id))
        for (const task of [...lease.tasks.keys()])
          this.#leases.lose(link, id, task, 'the provider no longer holds it');
    }
    const unknown = leases.filter((id) => !link.leases.has(id));
    if (unknown.length > 0) link.send({ type: 'cancel', leases: unknown });
    await this.#paymaster.state(link);
    this.#tasks.queue.forget(link.peer);
    this.#leases.fill(link);
    this.#changed();
    try {
      await serving;
    } finally {
      this.#changed();
    }
  }

  /** The demand as it is announced now. */
  demand(): Demand {
    const nowMs = this.#parts.clock.now();
    const { network } = this.#parts;
    return {
      ...this.#demandTerms(),
      requestor: network.identity.peer,
      addresses: [...network.addresses()],
      issuedAt: nowMs,
      expiresAt: nowMs + 1,
    };
  }

  /** Ends the job early; what is verified stays, what was accepted is paid. */
  cancel(): Promise<void> {
    return this.#end('cancelled');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links.values()) link.end('ended', 'The requestor closed this job.');
    await this.#scope[Symbol.asyncDispose]();
  }

  #demandTerms(): Omit<Demand, 'requestor' | 'addresses' | 'issuedAt' | 'expiresAt'> {
    const { record, taskCount } = this.#parts;
    return {
      ...this.#parts.demandTerms,
      tasksLeft: this.isRunning ? taskCount - this.progress.verified : 0,
      seats: { total: record.terms.seats, filled: Math.min(this.#seated().length, record.terms.seats) },
    };
  }

  #seated(): { peer: PeerId; payee: string }[] {
    return [...this.#links.values()]
      .filter((link) => !link.isEnded && link.brokenMs < RESUME_WINDOW_MS)
      .map(({ peer, payee }) => ({ peer, payee }));
  }

  async #receive(link: ProviderLink, message: WorkUp): Promise<void> {
    switch (message.type) {
      case 'ready':
        break;
      case 'commit':
        await this.#committed(link, message);
        break;
      case 'results':
        this.#leases.touch(
          link,
          message.lease,
          message.entries.map(({ task }) => task),
          Number.POSITIVE_INFINITY,
        );
        if (this.#leases.owner(message.lease) !== link) break;
        await Promise.all(message.entries.map((entry) => this.#tasks.reveal(message.lease, link, entry)));
        break;
      case 'failed':
        link.failures++;
        for (const task of message.tasks) {
          if (link.leases.get(message.lease)?.tasks.delete(task) !== true) continue;
          this.#tasks.note(task, { type: 'inconclusive', id: message.lease, reason: message.reason });
        }
        if (link.failures >= MAX_FAILED_LEASES)
          this.#dismiss(link, 'ended', `Too many tasks failed: ${message.reason}`);
        break;
      case 'drain':
        this.#dismiss(link, 'drained', message.reason);
        break;
      default:
        break;
    }
    this.#outbox.flush();
    this.#leases.fillAll();
    this.#changed();
  }

  async #committed(link: ProviderLink, message: Extract<WorkUp, { type: 'commit' }>): Promise<void> {
    const opened = await open(message.commit, 'kiln/commit/1', commitSchema, MAX_WORK_FRAME_BYTES);
    const { agreement, lease, entries } = opened.message;
    if (opened.signer !== link.peer || agreement !== link.digest) return;
    const known = link.leases.get(lease);
    let fresh = 0;
    for (const { task, commitment } of entries) {
      const place = known?.tasks.get(task);
      if (place === undefined || this.#leases.owner(lease) !== link) {
        this.#outbox.verdict(link, { lease, task, outcome: 'not-needed' });
        continue;
      }
      if (place.isCommitted) {
        // The stream broke after this commitment: a reveal that was asked for may be lost, so it is asked for again.
        const replica = this.#tasks.check(task)?.replicas.find(({ id }) => id === lease);
        if (replica?.phase === 'committed' && replica.isAsked) this.#askReveal(lease, task, true);
        continue;
      }
      place.isCommitted = true;
      place.deadlineAtMs = Number.POSITIVE_INFINITY;
      fresh++;
      if (!this.#tasks.commit(lease, task, commitment)) this.#leases.release(link, lease, task, 'not-needed');
    }
    link.executions += fresh;
    this.progress.execute(fresh);
    link.measure(message.wallMs, fresh);
  }

  #askReveal(lease: string, task: number, withBytes: boolean): void {
    const link = this.#leases.owner(lease);
    if (link === undefined) return;
    this.progress.check(task);
    this.#leases.touch(link, lease, [task], this.#parts.clock.now() + REVEAL_TIMEOUT_MS);
    this.#outbox.reveal(link, lease, task, withBytes);
  }

  /** Stores a verified result, then tells everybody concerned, then pays. */
  async #settle({ task, verdict, result, inline, replicas }: Settled): Promise<void> {
    const owner = (id: string) => this.#leases.owner(id);
    const accepted = replicas.filter(({ id }) => verdict.accepted.includes(id));
    const supporters = accepted.map(({ id, peer }) => ({ peer, agreement: owner(id)?.digest ?? '' }));
    await this.#parts.keeper.keep(task, result, inline, supporters);
    if (supporters.length === 1) this.#solo.set(task, supporters[0]!.peer);
    this.progress.verify(task, this.#parts.clock.now());
    const reasons = new Map(
      [...verdict.rejected, ...verdict.inconclusive].map(({ id, reason }) => [id, reason]),
    );
    const payees = new Set<ProviderLink>();
    for (const { id, peer } of replicas) {
      const link = owner(id);
      if (link === undefined) continue;
      const isAccepted = verdict.accepted.includes(id);
      const isRejected = verdict.rejected.some((rejected) => rejected.id === id);
      const reason = reasons.get(id);
      const outcome = isAccepted
        ? 'accepted'
        : isRejected
          ? 'rejected'
          : reason === undefined
            ? 'not-needed'
            : 'inconclusive';
      this.#leases.release(link, id, task, outcome, reason);
      if (isAccepted) {
        link.owedTasks++;
        payees.add(link);
        this.#parts.reputation.note(peer, 'valid');
      }
      if (isRejected) this.#caught(link, task, reason ?? 'disagrees with the accepted result');
    }
    this.#outbox.flush();
    for (const link of payees) {
      void this.#paymaster.pay(link).then(
        () => this.#changed(),
        (error: unknown) => this.#end('failed', toKilnError(error).message),
      );
    }
    this.events.emit('verified', task);
    this.#changed();
    queueMicrotask(() => void this.#endWhenDone());
  }

  /** A provider delivered a wrong result: it is unpaid for it, banned from the job, and its lone results run again. */
  #caught(link: ProviderLink, task: number, reason: string): void {
    this.progress.reject({ task, peer: link.peer, reason });
    this.#parts.reputation.note(link.peer, 'wrong');
    if (this.progress.banned.has(link.peer)) return;
    this.progress.banned.add(link.peer);
    this.#bannedPayees.add(link.payee.toLowerCase());
    const lone = [...this.#solo].map(([solo, peer]) => ({ task: solo, supporters: [peer] }));
    for (const again of rerunAfterBan(lone, link.peer)) {
      this.#solo.delete(again);
      void this.#parts.keeper.drop(again);
      this.progress.reopen(again);
      this.#tasks.reopen(again);
    }
    this.#tasks.ban(link.peer);
    this.#outbox.flush();
    this.#dismiss(link, 'banned', `Result of task ${task} rejected: ${reason}`);
  }

  /** Ends a provider's agreement; what it had in hand goes back to the queue, what was accepted is paid. */
  #dismiss(link: ProviderLink, state: 'drained' | 'banned' | 'ended', reason: string): void {
    const isNew = !link.isEnded;
    link.end(state, reason);
    this.#leases.loseAll(link, reason);
    this.#tasks.queue.forget(link.peer);
    if (isNew && this.isRunning) this.#announcer.hurry();
    this.#changed();
  }

  /** Late leases go back to the queue; providers that stay away lose their seat. */
  #sweep(): void {
    if (!this.isRunning) return;
    const nowMs = this.#parts.clock.now();
    for (const link of this.#links.values()) {
      if (link.isEnded) continue;
      const late = this.#leases.loseLate(link, nowMs);
      if (late > 0) this.#parts.reputation.note(link.peer, 'late');
      link.failures += late;
      if (link.failures >= MAX_FAILED_LEASES) this.#dismiss(link, 'ended', 'Too many leases were late.');
      else if (link.brokenMs > RESUME_WINDOW_MS)
        this.#dismiss(link, 'ended', 'Out of reach for two minutes.');
      // A vanished provider keeps its seat for a while, but its tasks go on elsewhere.
      else if (link.brokenMs > ABSENCE_BEFORE_REQUEUE_MS) this.#leases.loseAll(link, 'the provider vanished');
    }
    this.#outbox.flush();
    this.#leases.fillAll();
    this.#changed();
  }

  async #fetchOutput(lease: string, cid: Cid, bytes: number): Promise<Bytes> {
    const link = this.#leases.owner(lease);
    const holders = link === undefined ? [] : [{ peer: link.peer, addresses: link.addresses }];
    return this.#parts.fetchOutput(cid, bytes, holders, this.#scope.signal);
  }

  async #endWhenDone(): Promise<void> {
    if (this.progress.verified === this.#parts.taskCount && this.isRunning) await this.#end('done');
  }

  async #end(status: 'done' | 'cancelled' | 'failed', error?: string): Promise<void> {
    if (!this.isRunning) return;
    this.progress.end(status, this.#parts.clock.now(), error);
    this.#announcer.stop();
    for (const link of this.#links.values()) {
      if (link.owedTasks > 0) await this.#paymaster.pay(link).catch(() => {});
    }
    await this.#paymaster.settled();
    for (const link of this.#links.values())
      this.#dismiss(link, 'ended', status === 'done' ? 'The job is done.' : `The job was ${status}.`);
    this.#changed();
    this.events.emit('ended', undefined);
  }

  #changed(): void {
    this.events.emit('changed', undefined);
  }
}
