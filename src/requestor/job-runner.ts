import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import { Emitter } from '../base/events.ts';
import { Scope } from '../base/scope.ts';
import { every } from '../base/time.ts';
import type { Demand } from '../protocol/announce.ts';
import { RESUME_WINDOW_MS } from '../protocol/constants.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { RequestorWorkChannel, WorkUp } from '../protocol/work.ts';
import { Announcer } from './seats/announcer.ts';
import { REVEAL_TIMEOUT_MS, SWEEP_INTERVAL_MS } from './constants.ts';
import { CoverDesk } from './pay/cover-desk.ts';
import type { JobParts } from './job-parts.ts';
import { JobProgress } from './results/job-progress.ts';
import { LeaseDesk } from './leases/lease-desk.ts';
import { Outbox } from './leases/outbox.ts';
import { payProvider } from './pay/pay-provider.ts';
import type { Paymaster } from './pay/paymaster.ts';
import { ProviderLink } from './seats/provider-link.ts';
import type { RequestorAgreementRecord } from './records.ts';
import { restorePay } from './pay/restore-pay.ts';
import { planRestore } from './restore-plan.ts';
import { ResultDesk } from './results/result-desk.ts';
import { SeatDesk } from './seats/seat-desk.ts';
import { SettleDesk } from './results/settle-desk.ts';
import { Statements } from './results/statements.ts';
import { TaskDesk } from './results/task-desk.ts';
import type { Settled } from './results/task-steps.ts';
import { TaskTrace } from './results/task-trace.ts';
import { WorkIntake } from './leases/work-intake.ts';

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
  readonly paymaster: Paymaster;
  readonly #results: ResultDesk;
  readonly #tasks: TaskDesk;
  readonly #intake: WorkIntake;
  readonly #links = new Map<string, ProviderLink>();
  readonly #leases: LeaseDesk;
  readonly #outbox = new Outbox();
  readonly #settleDesk: SettleDesk;
  readonly #scope = new Scope();
  #isEnding = false;
  readonly #announcer: Announcer;

  constructor(parts: JobParts, paymaster: Paymaster) {
    this.#parts = parts;
    this.paymaster = paymaster;
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
    this.#settleDesk = new SettleDesk({
      parts,
      progress: this.progress,
      outbox: this.#outbox,
      leases: this.#leases,
      tasks: () => this.#tasks,
      pay: (link) => this.#pay(link),
      ban: ({ peer }, reason) =>
        this.links.forEach((one) => one.peer === peer && this.#dismiss(one, 'banned', reason)),
    });
    this.#results = new ResultDesk(record.job, clock, {
      askBytes: ({ lease, task }) => this.#askReveal(lease, task, true),
      fetchOutput: ({ lease }, cid, bytes) => this.#fetchOutput(lease, cid, bytes),
    });
    this.#tasks = new TaskDesk({
      manifest: record.manifest,
      tasks: parts.taskCount,
      results: this.#results,
      statements: new Statements(),
      trace: new TaskTrace(clock, parts.observers),
      random,
      actions: {
        caught: (lease, task, reason) => {
          const link = this.#leases.owner(lease);
          if (link !== undefined) this.#settleDesk.caught(link, task, reason);
        },
        askReveal: (lease, task, withBytes) => this.#askReveal(lease, task, withBytes),
        dropReplica: (lease, task) => this.#leases.drop(lease, task),
        isOnlyProvider: (peer) => this.links.every((link) => link.peer === peer || !link.isAttached),
        holders: () => this.links.filter((link) => link.isAttached && !link.isEnded),
        recompute: (task) => parts.recompute(task),
        settle: (settled) => this.#settle(settled),
        fail: (task, reason) => void this.#end('failed', `Task ${task}: ${reason}.`),
      },
    });
    this.#intake = new WorkIntake({
      tasks: this.#tasks,
      leases: this.#leases,
      outbox: this.#outbox,
      progress: this.progress,
      cover: new CoverDesk(clock, paymaster, () => this.links),
      askReveal: (lease, task, withBytes) => this.#askReveal(lease, task, withBytes),
      dismiss: (link, state, reason) => this.#dismiss(link, state, reason),
    });
    this.seats = new SeatDesk({
      clock,
      demand: () => this.demand(),
      seated: () => this.#seated(),
      bannedPeers: this.progress.banned,
      bannedPayees: this.#settleDesk.bannedPayees,
      reliability: (peer) => parts.reputation.reliability(peer),
    });
    this.#announcer = new Announcer(network, clock, random, () => {
      const isWanted = !this.isRunning || this.#seated().length < record.terms.seats;
      return isWanted ? this.#demandTerms() : undefined;
    });
    this.#scope.add(() => this.#announcer.stop());
    const interval = () => SWEEP_INTERVAL_MS;
    this.#scope.add(every(clock, interval, () => this.#sweep()));
  }

  get isRunning(): boolean {
    return this.progress.status === 'running' && !this.#isEnding && !this.#scope.isClosed;
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
    const { banned } = this.progress;
    const { sessionKey } = this.#parts.demandTerms.payment;
    const plan = planRestore(await this.#parts.keeper.all(), agreements, { banned, sessionKey });
    for (const task of plan.dropped) await this.#parts.keeper.drop(task);
    for (const { task, peers, exit } of plan.verified) {
      this.#tasks.queue.finish(task);
      this.progress.verify(task, exit);
      this.#settleDesk.remember(task, peers);
    }
    for (const payee of plan.bannedPayees) this.#settleDesk.bannedPayees.add(payee);
    for (const record of plan.seats) this.seat(record);
    const { links } = this;
    restorePay(links, plan.accepted, (payee) => this.paymaster.promised(payee));
    for (const link of links) if (link.owedTasks > 0) await this.paymaster.pay(link);
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
    serving.catch(() => {}); // it may break before it is awaited below
    this.#leases.reconcile(link, leases);
    await this.paymaster.state(link);
    this.#tasks.queue.forget(link.peer);
    this.#leases.fill(link);
    this.#changed();
    await serving.finally(() => this.#changed());
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
    await this.#intake.receive(link, message);
    this.#outbox.flush();
    this.#leases.fillAll();
    this.#changed();
  }

  #askReveal(lease: string, task: number, withBytes: boolean): void {
    const link = this.#leases.owner(lease);
    if (link === undefined) return;
    this.progress.check(task);
    this.#leases.touch(link, lease, [task], this.#parts.clock.now() + REVEAL_TIMEOUT_MS);
    this.#outbox.reveal(link, lease, task, withBytes);
  }

  async #settle(settled: Settled): Promise<void> {
    await this.#settleDesk.settle(settled);
    this.events.emit('verified', settled.task);
    this.#changed();
    queueMicrotask(() => void this.#endWhenDone());
  }

  #pay(link: ProviderLink): void {
    const { paymaster, progress } = this;
    const onFailure = (reason: string) => void this.#end('failed', reason);
    const paid = payProvider({ paymaster, progress, links: () => this.links, onFailure }, link);
    void paid.then(() => this.#changed());
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
    for (const link of this.links) {
      const reason = this.#leases.review(link, nowMs);
      if (reason !== undefined) this.#dismiss(link, 'ended', reason);
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
    const { fault, verified } = this.progress;
    if (fault !== undefined) await this.#end('failed', fault);
    else if (verified === this.#parts.taskCount) await this.#end('done');
  }

  async #end(status: 'done' | 'cancelled' | 'failed', error?: string): Promise<void> {
    if (!this.isRunning) return;
    this.#isEnding = true;
    this.#announcer.stop();
    for (const link of this.#links.values()) {
      if (link.owedTasks > 0) await this.paymaster.pay(link).catch(() => {});
    }
    await this.paymaster.settled();
    this.progress.end(status, this.#parts.clock.now(), error);
    for (const link of this.#links.values())
      this.#dismiss(link, 'ended', status === 'done' ? 'The job is done.' : `The job was ${status}.`);
    this.#changed();
    this.events.emit('ended', undefined);
    await this.#scope[Symbol.asyncDispose]();
  }

  #changed(): void {
    this.events.emit('changed', undefined);
  }
}
