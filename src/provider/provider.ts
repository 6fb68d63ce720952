import { hasCode, KilnError, toKilnError } from '../base/errors.ts';
import { Cell, type Observable } from '../base/observable.ts';
import type { Random } from '../base/random.ts';
import { Scope } from '../base/scope.ts';
import { type Clock, sleep } from '../base/time.ts';
import { laneOfKind, sumPerLane } from '../job/lanes.ts';
import { answerDelayMs } from '../market/match/answer-delay.ts';
import { matchDemand, type ProviderSide } from '../market/match/match-demand.ts';
import { describeAlarm, isConcerned, type PayerAlarm } from '../payment/payer-alarm.ts';
import type { Demand, Offer } from '../protocol/announce.ts';
import type { PaymentTerms } from '../protocol/payment-terms.ts';
import type { Opened } from '../protocol/envelope.ts';
import { type Address, JOB_KINDS, type JobKind } from '../protocol/primitives.ts';
import { AvoidList } from './demands/avoid-list.ts';
import { SPARE_AFTER_MS, VIEW_INTERVAL_MS } from './constants.ts';
import { EndedSessions } from './work/ended-sessions.ts';
import { OfferBoard } from './demands/offer-board.ts';
import { PassedDemands } from './demands/passed-demands.ts';
import type { AgreementRecord, VoucherRecord } from './records.ts';
import type { Collection } from '../base/collection.ts';
import type { ProviderChain, ProviderNetwork, SandboxSlice } from './slices.ts';
import { SpeedScores } from './demands/speed-scores.ts';
import { takeJob } from './demands/take-job.ts';
import type { ProviderRules, ProviderView } from './view.ts';
import type { WorkSession } from './work/work-session.ts';

/** What a provider is made of. */
export interface ProviderInit {
  readonly network: ProviderNetwork;
  readonly sandbox: SandboxSlice;
  readonly chain: ProviderChain;
  /** Chain and pool whose vouchers this provider takes. */
  readonly home: Pick<PaymentTerms, 'chainId' | 'pool'>;
  readonly agreements: Collection<AgreementRecord>;
  readonly vouchers: Collection<VoucherRecord>;
  readonly clock: Clock;
  readonly random: Random;
  readonly memoryBytes: number;
  /** Absent without a GPU. */
  readonly gpu?: { readonly name: string; readonly memoryBytes: number };
  /** A voucher was stored, or a payer should be redeemed from now. */
  readonly onVoucher?: (isUrgent: boolean) => void;
}

/** The provider role: watches demands, proposes, works, is paid. Does nothing before `start`. */
export class Provider implements AsyncDisposable {
  readonly #init: ProviderInit;
  readonly #view = new Cell<ProviderView>({
    status: 'off',
    scores: {},
    slots: { total: 0, busy: 0 },
    running: [],
    agreements: [],
    passed: [],
    tasksAccepted: 0,
    earned: 0n,
  });
  readonly #sessions = new Set<WorkSession>();
  readonly #ended = new EndedSessions();
  readonly #avoided = new AvoidList();
  readonly #negotiating = new Map<JobKind, string>();
  readonly #passed = new PassedDemands();
  #rules: ProviderRules | undefined;
  readonly #speed: SpeedScores;
  #scope: Scope | undefined;
  #board: OfferBoard | undefined;
  #status: ProviderView['status'] = 'off';
  #cancelShow: (() => void) | undefined;

  constructor(init: ProviderInit) {
    this.#init = init;
    this.#speed = new SpeedScores(init.sandbox, () => this.#changed());
  }

  get view(): Observable<ProviderView> {
    return this.#view;
  }

  /** Starts lending by these rules: measures this device, then answers demands. */
  async start(rules: ProviderRules): Promise<void> {
    if (this.#scope !== undefined) return this.setRules(rules);
    const scope = new Scope();
    this.#scope = scope;
    this.#rules = rules;
    this.#setStatus('starting');
    try {
      await this.#speed.measure(rules.kinds, scope.signal);
    } catch (error) {
      await this.stop();
      throw error;
    }
    if (scope.isClosed) return;
    const { network, clock, random } = this.#init;
    const board = new OfferBoard(network, clock, random, () => this.#offer());
    this.#board = board;
    scope.add(() => board.stop());
    for (const kind of JOB_KINDS) {
      scope.add(network.onDemand(kind, (demand) => void this.#consider(demand, scope)));
    }
    this.#setStatus('idle');
    await board.renew();
  }

  /** Applies new rules at once; running agreements go on under the terms they were signed with. */
  async setRules(rules: ProviderRules): Promise<void> {
    this.#rules = rules;
    const scope = this.#scope;
    if (scope === undefined) return;
    await this.#speed.measureNew(rules.kinds, scope.signal);
    for (const session of this.#sessions) {
      if (!rules.kinds.includes(session.agreement.kind))
        session.end('The provider no longer takes jobs of this kind.');
    }
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

  async #consider(opened: Opened<Demand>, scope: Scope): Promise<void> {
    const demand = opened.message;
    const { clock, random } = this.#init;
    const key = `${demand.requestor}/${demand.job}`;
    const isBusyWithIt = [...this.#sessions].some(
      ({ agreement }) => agreement.job === demand.job && agreement.requestor === demand.requestor,
    );
    const isAvoided = [key, demand.requestor].some((name) => this.#avoided.has(name, clock.now()));
    if (scope.isClosed || isBusyWithIt || isAvoided) return;
    const match = matchDemand(demand, this.#side(), clock.now());
    if (!match.fits)
      return this.#pass(
        demand,
        match.reasons.map(({ text }) => text),
      );
    if (this.#negotiating.has(demand.kind)) return;
    const delayMs = answerDelayMs(demand.seats, 1, random());
    if (delayMs === undefined) return;
    this.#negotiating.set(demand.kind, key);
    try {
      await sleep(clock, delayMs, scope.signal);
      const session = await takeJob(this.#init, {
        demand,
        rules: this.#rules!,
        pricePerUnit: match.pricePerUnit,
        microUnitsPerSecond: this.#speed.all[demand.kind] ?? 0,
        signal: scope.signal,
        onChange: () => this.#changed(),
      });
      this.#negotiating.delete(demand.kind);
      if (scope.isClosed) return session.end('The provider stopped.');
      await this.#work(session);
      if (session.wasPaid) this.#avoided.forgive(demand.requestor);
      else if (!scope.isClosed) this.#avoided.fail(demand.requestor, clock.now());
    } catch (error) {
      if (scope.isClosed) return;
      this.#pass(demand, [toKilnError(error).message]);
      // A refusal is an honest answer; all else wasted this provider's time.
      if (!hasCode(error, 'negotiate/refused')) this.#avoided.fail(demand.requestor, clock.now());
    } finally {
      if (this.#negotiating.get(demand.kind) === key) this.#negotiating.delete(demand.kind);
      this.#avoided.rest(key, clock.now());
    }
  }

  async #work(session: WorkSession): Promise<void> {
    this.#sessions.add(session);
    this.#setStatus('working');
    void this.#board?.renew();
    try {
      await session.run();
    } finally {
      this.#sessions.delete(session);
      this.#ended.add(session);
      if (this.#status === 'working' && this.#sessions.size === 0) this.#setStatus('idle');
      void this.#board?.renew();
      this.#init.onVoucher?.(false);
    }
  }

  #side(): ProviderSide {
    const { network, home, memoryBytes, gpu } = this.#init;
    if (this.#rules === undefined)
      throw new KilnError('provider/not-started', 'The provider has no rules yet.');
    return {
      peer: network.identity.peer,
      rules: this.#rules,
      payment: home,
      capabilities: {
        cores: this.#init.sandbox.slots('wasi'),
        memoryBytes,
        storageBytes: 0,
        scores: this.#speed.all,
        ...(gpu === undefined ? {} : { gpu: { ...gpu, vendor: 'other', features: [], limits: {} } }),
      },
      freeSlots: Object.fromEntries(JOB_KINDS.map((kind) => [kind, this.#freeSlots(kind)])),
    };
  }

  /** Slots that no agreement uses now; one that brought no lease for a while does not count. */
  #freeSlots(kind: JobKind): number {
    const isUsed = [...this.#sessions].some(
      (session) =>
        !session.isEnded &&
        laneOfKind(session.agreement.kind) === laneOfKind(kind) &&
        session.idleMs() < SPARE_AFTER_MS,
    );
    return isUsed ? 0 : this.#init.sandbox.slots(kind);
  }

  #offer(): Omit<Offer, 'provider' | 'addresses' | 'issuedAt' | 'expiresAt'> {
    const rules = this.#rules!;
    const kinds = this.#speed.known(rules.kinds);
    return {
      payee: rules.payee,
      chainId: this.#init.home.chainId,
      kinds: kinds.map((kind) => ({
        kind,
        microUnitsPerSecond: this.#speed.all[kind]!,
        pricePerUnit: rules.pricePerUnit[kind],
      })),
      slots: {
        total: sumPerLane(kinds, (kind) => this.#init.sandbox.slots(kind)),
        free: sumPerLane(kinds, (kind) => this.#freeSlots(kind)),
      },
      memoryBytes: this.#init.memoryBytes,
      ...(this.#init.gpu === undefined ? {} : { gpu: this.#init.gpu.name.slice(0, 120) }),
    };
  }

  #pass(demand: Demand, reasons: readonly string[]): void {
    this.#passed.add(demand, reasons, this.#init.clock.now());
    this.#changed();
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
    const idleReason = this.#idleReason();
    const kinds = this.#speed.known(this.#rules?.kinds ?? []);
    return {
      status: this.#status,
      ...(idleReason === undefined ? {} : { idleReason }),
      ...(this.#rules === undefined ? {} : { rules: this.#rules }),
      scores: this.#speed.all,
      slots: {
        total: sumPerLane(kinds, (kind) => this.#init.sandbox.slots(kind)),
        busy: running.length,
      },
      running,
      agreements,
      passed: this.#passed.all,
      ...this.#ended.total(agreements),
    };
  }

  #idleReason(): string | undefined {
    return this.#status === 'idle' ? this.#passed.why() : undefined;
  }
}
