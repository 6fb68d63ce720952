import type { Collection } from '../base/collection.ts';
import { Cell, type Observable } from '../base/observable.ts';
import type { Random } from '../base/random.ts';
import { Scope } from '../base/scope.ts';
import type { Clock } from '../base/time.ts';
import { describeAlarm, isConcerned, type PayerAlarm } from '../payment/redemption/payer-alarm.ts';
import type { RefusedReceipt } from '../payment/receipt/judge-receipt.ts';
import type { ReceiptRecord } from '../payment/receipt/receipt.ts';
import type { PaymentTerms } from '../protocol/payment-terms.ts';
import type { Demand } from '../protocol/announce.ts';
import { type Address, JOB_KINDS, type JobKind } from '../protocol/primitives.ts';
import type { ReputationRecord } from '../reputation/record.ts';
import type { RecordsSlice } from '../reputation/records-slice.ts';
import { VIEW_INTERVAL_MS } from './constants.ts';
import { DemandDesk } from './demands/demand-desk.ts';
import { KnownPayers } from './demands/known-payers.ts';
import { RequestorBook } from './demands/requestor-book.ts';
import { takeJob } from './demands/take-job.ts';
import { describeCapabilities, describeOffer } from './lending/describe-lending.ts';
import { describeNow } from './lending/describe-now.ts';
import { LendingDesk } from './lending/lending-desk.ts';
import { OfferBoard } from './lending/offer-board.ts';
import type { AgreementRecord, VoucherRecord, WorkRecord } from './records.ts';
import type { ActivitySlice, DeviceSlice, ProviderChain, ProviderNetwork, SandboxSlice } from './slices.ts';
import type { ProviderRules, ProviderView } from './view.ts';
import { EndedSessions } from './work/ended-sessions.ts';
import { resumeWork } from './work/resume-work.ts';
import type { WorkSession } from './work/work-session.ts';

/** What a provider is made of. */
export interface ProviderInit {
  readonly network: ProviderNetwork;
  readonly sandbox: SandboxSlice;
  readonly device: DeviceSlice;
  readonly activity: ActivitySlice;
  readonly chain: ProviderChain;
  /** Chain and pool whose vouchers this provider takes. */
  readonly home: Pick<PaymentTerms, 'chainId' | 'pool'>;
  readonly agreements: Collection<AgreementRecord>;
  readonly vouchers: Collection<VoucherRecord>;
  /** What requestors signed of this provider's work (payment/receipt). */
  readonly receipts: Collection<ReceiptRecord>;
  /** Receipts that were not kept. */
  readonly disputes: Collection<RefusedReceipt>;
  /** How far agreements are that are not settled. */
  readonly works: Collection<WorkRecord>;
  /** How requestors paid, first-hand. */
  readonly reputation: Collection<ReputationRecord>;
  /** Records that are shown and read. @default none */
  readonly records?: RecordsSlice;
  readonly clock: Clock;
  readonly random: Random;
  /** What others ask per unit of work for a kind now. @default prices begin at the rules' own */
  readonly marketPrice?: (kind: JobKind) => bigint | undefined;
  /** A voucher was stored, or a payer should be redeemed from now. */
  readonly onVoucher?: (isUrgent: boolean) => void;
}

/** The provider role: watches demands, proposes, works, is paid. Does nothing before `start`. */
export class Provider implements AsyncDisposable {
  readonly #init: ProviderInit;
  readonly #view: Cell<ProviderView>;
  readonly #sessions = new Set<WorkSession>();
  readonly #ended = new EndedSessions();
  readonly #lending: LendingDesk;
  readonly #demands: DemandDesk;
  readonly #payers: KnownPayers;
  readonly #requestors: RequestorBook;
  #scope: Scope | undefined;
  #board: OfferBoard | undefined;
  #status: ProviderView['status'] = 'off';
  #cancelShow: (() => void) | undefined;

  constructor(init: ProviderInit) {
    this.#init = init;
    this.#payers = new KnownPayers(init.vouchers);
    this.#requestors = new RequestorBook(init.reputation, init.records, init.clock);
    const onChange = () => this.#changed();
    this.#lending = new LendingDesk({
      init,
      sessions: this.#sessions,
      onChange,
      onOffer: () => void this.deviceChanged(),
    });
    this.#demands = new DemandDesk({
      clock: init.clock,
      random: init.random,
      rules: () => this.#lending.now.rules,
      side: () => this.#lending.side(),
      isBusyWith: (demand) => this.#isBusyWith(demand),
      hasPaid: (payer) => this.#payers.has(payer),
      take: (demand, pricePerUnit, signal) => this.#take(demand, pricePerUnit, signal),
      work: (session) => this.#work(session),
      onChange,
    });
    this.#view = new Cell(this.#describe());
  }

  get view(): Observable<ProviderView> {
    return this.#view;
  }

  /**
   * Settles what a closed tab left, so far as requestors can be reached: visits them for verdicts, vouchers and receipts.
   * Lends nothing. Resolves once all are known; the visits go on by themselves.
   */
  async resume(): Promise<void> {
    for (const { session, record, agreement } of await resumeWork(this.#init, () => this.#changed())) {
      this.#ended.add(session);
      void session.run().then(() => {
        // A tab that saw the end has noted it.
        if (record.endedAtMs === undefined) void this.#requestors.noteEnd(agreement, session.view());
        this.#init.onVoucher?.(false);
      });
    }
    this.#changed();
  }

  /** Starts lending by these rules: measures this device, then answers demands. */
  async start(rules: ProviderRules): Promise<void> {
    if (this.#scope !== undefined) return this.setRules(rules);
    const scope = new Scope();
    this.#scope = scope;
    this.#setStatus('starting');
    try {
      await this.#payers.load();
      await this.#lending.start(rules, scope);
    } catch (error) {
      await this.stop();
      throw error;
    }
    if (scope.isClosed) return;
    const { network, clock, random, home } = this.#init;
    const board = new OfferBoard(network, clock, random, () =>
      describeOffer(this.#lending.now, home.chainId),
    );
    this.#board = board;
    scope.add(() => board.stop());
    this.#setStatus('idle');
    for (const kind of JOB_KINDS) {
      scope.add(network.onDemand(kind, ({ message }) => void this.#demands.consider(message, scope.signal)));
    }
    await board.renew();
  }

  /** Applies new rules at once; running agreements go on under the terms they were signed with. */
  async setRules(rules: ProviderRules): Promise<void> {
    await this.#lending.setRules(rules, this.#scope);
    if (this.#scope !== undefined) await this.deviceChanged();
  }

  /** What this device says of itself has changed: tells the board. */
  async deviceChanged(): Promise<void> {
    this.#changed();
    await this.#board?.renew();
  }

  /** Stops lending: leaves every agreement politely. */
  async stop(): Promise<void> {
    const scope = this.#scope;
    if (scope === undefined) return;
    this.#setStatus('stopping');
    for (const session of this.#sessions) session.end('The provider stopped.');
    this.#scope = undefined;
    this.#board = undefined;
    await scope[Symbol.asyncDispose]();
    this.#setStatus('off');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Whose money is worked for now. */
  get payers(): readonly Address[] {
    return [...this.#sessions].map(({ agreement }) => agreement.payment.payer as Address);
  }

  /** A payer gave cause for alarm: its agreements end. */
  heed(alarm: PayerAlarm): void {
    const concerned = [...this.#sessions].filter(({ agreement }) => isConcerned(agreement.payment, alarm));
    for (const session of concerned) session.end(describeAlarm(alarm));
  }

  #isBusyWith({ job, requestor }: Demand): boolean {
    return [...this.#sessions].some(
      ({ agreement }) => agreement.job === job && agreement.requestor === requestor,
    );
  }

  #take(demand: Demand, pricePerUnit: bigint, signal: AbortSignal): Promise<WorkSession> {
    this.#lending.makeWay();
    const { now } = this.#lending;
    return takeJob(this.#init, {
      demand,
      rules: now.rules,
      rulesNow: () => this.#lending.now.rules,
      pricePerUnit,
      requestors: this.#requestors,
      microUnitsPerSecond: now.speed.all[demand.kind] ?? 0,
      capabilities: describeCapabilities(now),
      sinceMs: now.sinceMs,
      lentSlots: () => this.#lending.slots(demand.kind),
      signal,
      onChange: () => this.#changed(),
    });
  }

  async #work(session: WorkSession): Promise<void> {
    this.#sessions.add(session);
    const reason = this.#lending.whyLeave(session.agreement);
    if (reason !== undefined) session.end(reason); // the rules changed while it was agreed
    this.#setStatus('working');
    void this.#board?.renew();
    try {
      await session.run();
    } finally {
      if (session.wasPaid) this.#payers.add(session.agreement.payment.payer);
      void this.#requestors.noteEnd(session.agreement, session.view());
      this.#sessions.delete(session);
      this.#ended.add(session);
      if (this.#status === 'working' && this.#sessions.size === 0) this.#setStatus('idle');
      void this.#board?.renew();
      this.#init.onVoucher?.(false);
    }
  }

  #setStatus(status: ProviderView['status']): void {
    this.#status = status;
    this.#show();
  }

  /** Tasks of a millisecond change things a thousand times a second; people see some of it. */
  #changed(): void {
    this.#cancelShow ??= this.#init.clock.after(VIEW_INTERVAL_MS, () => this.#show());
  }

  #show(): void {
    this.#cancelShow?.();
    this.#cancelShow = undefined;
    try {
      this.#view.set(this.#describe()); // whoever watches may fail; the work goes on
    } catch (error) {
      console.error('The view of the provider could not be shown.', error);
    }
  }

  #describe(): ProviderView {
    const sessions = [...this.#sessions];
    const agreements = [...sessions.map((session) => session.view()), ...this.#ended.views()];
    const running = sessions.flatMap((session) => session.running());
    const idleReason = this.#status === 'idle' ? this.#demands.passed.why() : undefined;
    return {
      status: this.#status,
      ...(idleReason === undefined ? {} : { idleReason }),
      ...describeNow(this.#lending.rules === undefined ? undefined : this.#lending.now, running.length),
      running,
      agreements,
      passed: this.#demands.passed.all,
      ...this.#ended.total(agreements),
    };
  }
}
