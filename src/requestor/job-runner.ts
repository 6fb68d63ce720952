import { Emitter } from '../base/events.ts';
import { Scope } from '../base/scope.ts';
import { every } from '../base/time.ts';
import type { Demand } from '../protocol/announce.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { Proposal } from '../protocol/negotiate.ts';
import type { RequestorWorkChannel, WorkUp } from '../protocol/work.ts';
import { SWEEP_INTERVAL_MS } from './constants.ts';
import { JobDesks } from './job-desks.ts';
import { JobEnding } from './job-ending.ts';
import type { JobParts } from './job-parts.ts';
import { payProvider } from './pay/pay-provider.ts';
import type { Paymaster } from './pay/paymaster.ts';
import type { ReceiptDesk } from './pay/receipt-desk.ts';
import { restorePay } from './pay/restore-pay.ts';
import type { RequestorAgreementRecord } from './records.ts';
import { planRestore } from './restore-plan.ts';
import type { JobProgress } from './results/job-progress.ts';
import type { Settled } from './results/task-steps.ts';
import { type JobMarket, openJobMarket } from './seats/job-market.ts';
import type { EndState, ProviderLink } from './seats/provider-link.ts';
import { linkOf, sealSeat } from './seats/seal-seat.ts';

/** What others hear of a running job. */
export interface JobEvents {
  /** A task has a result, or another one than before. */
  settled: number;
  changed: void;
  /** A provider was banned, put aside, or has to be trusted anew. */
  judged: void;
  ended: void;
}

/** One job under way: keeps its providers busy, has every result checked, stores what stands, pays for it. */
export class JobRunner implements AsyncDisposable {
  readonly events = new Emitter<JobEvents>();
  readonly paymaster: Paymaster;
  readonly #parts: JobParts;
  readonly #desks: JobDesks;
  readonly #scope = new Scope();
  readonly #ending: JobEnding;
  readonly #market: JobMarket;

  constructor(parts: JobParts, paymaster: Paymaster) {
    this.#parts = parts;
    this.paymaster = paymaster;
    const { clock } = parts;
    const desks = (this.#desks = new JobDesks(parts, paymaster, {
      isRunning: () => this.isRunning,
      pay: (link) => this.#pay(link),
      dismiss: (link, state, reason) => this.#dismiss(link, state, reason),
      settle: (settled) => this.#settle(settled),
      onReleased: () => this.#ending.lookSoon(),
      fail: (reason) => void this.#ending.end('failed', reason),
      storeNow: () => this.events.emit('judged', undefined),
      signal: this.#scope.signal,
    }));
    this.#ending = new JobEnding({
      ...{ taskCount: parts.taskCount, clock, desks, paymaster },
      isRunning: () => this.isRunning,
      dismiss: (link, reason) => this.#dismiss(link, 'ended', reason),
      onBegun: () => this.#market.announcer.stop(),
      onEnded: () => this.#ended(),
    });
    this.#market = openJobMarket(parts, desks, {
      isRunning: () => this.isRunning,
      demand: () => this.demand(),
      demandTerms: () => this.#demandTerms(),
      dismiss: (link, reason) => this.#dismiss(link, 'ended', reason),
    });
    this.#scope.add(() => this.#market.announcer.stop());
    const sweep = () => this.#sweep();
    this.#scope.add(every(clock, () => SWEEP_INTERVAL_MS, sweep));
  }

  get isRunning(): boolean {
    return this.progress.status === 'running' && !this.#ending.hasBegun && !this.#scope.isClosed;
  }

  /** How it finds providers. */
  get market(): JobMarket {
    return this.#market;
  }

  get progress(): JobProgress {
    return this.#desks.progress;
  }

  /** The provider of an agreement of this job. */
  link(agreement: string): ProviderLink | undefined {
    return this.#desks.links.get(agreement);
  }

  get links(): readonly ProviderLink[] {
    return this.#desks.links.all;
  }

  /** Takes over what a reloaded tab had stored: standing results, agreements, and what is still owed. */
  async restore(agreements: readonly RequestorAgreementRecord[]): Promise<void> {
    const { banned } = this.progress;
    const { keeper, demandTerms } = this.#parts;
    const { sessionKey } = demandTerms.payment;
    const plan = planRestore(await keeper.all(), agreements, { banned, sessionKey });
    for (const task of plan.dropped) await keeper.drop(task);
    for (const record of plan.seats) if (!this.#desks.renewals.restore(record)) this.#seat(record);
    this.#desks.restore(plan);
    const { links } = this;
    restorePay(links, plan.accepted, (payee) => this.paymaster.promised(payee));
    for (const link of links) if (link.owedTasks > 0) await this.paymaster.pay(link);
    await this.#desks.releases.flush();
    await this.#ending.look();
  }

  /** An agreement is sealed: its provider may open the work stream once it is stored. Throws `negotiate/too-late`. */
  async seal(sealed: RequestorAgreementRecord, proposal: Proposal): Promise<void> {
    const { seats } = this.#market;
    const tooLate = () => (this.isRunning ? seats.tooLate(proposal) : 'the job has ended meanwhile');
    this.#seat(await sealSeat(this.#parts, sealed, proposal, tooLate));
  }

  /** An older agreement of the same peer ends. */
  #seat(record: RequestorAgreementRecord): void {
    for (const link of this.#desks.links.of(record.agreement.provider))
      if (!link.isEnded) this.#dismiss(link, 'ended', 'A newer agreement replaces this one.');
    this.#desks.seat(linkOf(record, this.#parts.clock), record.passedBefore ?? 0);
    this.#changed();
  }

  /** A provider was caught outside of this job: nothing of it counts here any more, and it works here no more. */
  caught(peer: PeerId, reason: string): void {
    if (!this.isRunning) return;
    this.#desks.bans.caughtElsewhere(peer, reason);
    this.#changed();
    this.#ending.lookSoon();
  }

  /** This device found the result right for which a provider was excluded. */
  acquit(task: number, peer: PeerId): void {
    this.#desks.acquit(task, peer);
    this.#changed();
  }

  /** Serves a provider's work stream until it breaks or ends. `leases` are those that the provider still holds. */
  async serve(
    link: ProviderLink,
    channel: RequestorWorkChannel,
    messages: AsyncIterator<WorkUp>,
    leases: readonly string[],
  ): Promise<void> {
    const desks = this.#desks;
    const serving = link.serve(channel, messages, (message) => this.#receive(link, message));
    serving.catch(() => {}); // it may break before it is awaited below
    desks.renewals.say(link);
    desks.leases.reconcile(link, leases);
    await Promise.all([this.paymaster.state(link), desks.networks.look(link)]);
    desks.tasks.queue.forget(link.peer);
    desks.leases.fill(link);
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

  /** Ends the job early; what stands stays, what was accepted or held back is paid. */
  cancel(): Promise<void> {
    return this.#ending.end('cancelled');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.links) {
      link.end('ended', 'The requestor closed this job.');
      link.close();
    }
    await this.#scope[Symbol.asyncDispose]();
  }

  #demandTerms(): Omit<Demand, 'requestor' | 'addresses' | 'issuedAt' | 'expiresAt'> {
    const { taskCount, demandTerms, priceCeiling } = this.#parts;
    const { progress } = this.#desks;
    return {
      ...demandTerms,
      priceCeiling: priceCeiling(),
      tasksLeft: this.isRunning ? taskCount - progress.settled + progress.closingChecks : 0,
      seats: this.#market.shownSeats(),
    };
  }

  async #receive(link: ProviderLink, message: WorkUp): Promise<void> {
    const { intake, outbox, leases } = this.#desks;
    await intake.receive(link, message);
    outbox.flush();
    leases.fillAll();
    this.#changed();
  }

  async #settle(settled: Settled): Promise<void> {
    const isNew = await this.#desks.settling.settle(settled);
    if (isNew) this.events.emit('settled', settled.task);
    this.#changed();
    this.#ending.lookSoon();
  }

  #pay(link: ProviderLink): void {
    const { paymaster, progress } = this;
    const onFailure = (reason: string) => void this.#ending.end('failed', reason);
    const paid = payProvider({ paymaster, progress, links: () => this.links, onFailure }, link);
    void paid.then(() => this.#changed());
  }

  /** Ends a provider's agreement; what it had in hand goes back to the queue, what was accepted is paid. */
  #dismiss(link: ProviderLink, state: EndState, reason: string): void {
    const isNew = !link.isEnded;
    const { outbox, leases, tasks, receipts } = this.#desks;
    outbox.flush();
    link.end(state, reason);
    if (state !== 'ended') this.events.emit('judged', undefined);
    leases.loseAll(link, reason);
    tasks.queue.forget(link.peer);
    if (isNew && this.isRunning) this.#market.announcer.hurry();
    if (isNew) void receipts.farewell(link).then(() => this.#changed());
    this.#changed();
  }

  /** Settles accounts with a provider that comes back after its agreement has ended. */
  meet(...visit: Parameters<ReceiptDesk['meet']>): Promise<void> {
    return this.#desks.receipts.meet(...visit);
  }

  /** Late leases go back to the queue; providers that stay away lose their seat. */
  #sweep(): void {
    if (!this.isRunning) return;
    const { leases, networks, outbox, releases, renewals, tasks, waste } = this.#desks;
    const nowMs = this.#parts.clock.now();
    for (const link of this.links) {
      const reason = leases.review(link, nowMs) ?? this.#market.speeds.review(link);
      if (reason !== undefined) this.#dismiss(link, 'ended', reason);
      else renewals.review(link);
    }
    waste.review();
    outbox.flush();
    leases.fillAll();
    networks.review(this.#desks.links.atWork);
    tasks.review();
    this.#market.review();
    void releases.flush();
    if (this.progress.isBroke) this.#ending.lookSoon();
    this.#changed();
  }

  async #ended(): Promise<void> {
    this.#changed();
    this.events.emit('ended', undefined);
    await this.#scope[Symbol.asyncDispose]();
  }

  #changed(): void {
    this.events.emit('changed', undefined);
  }
}
