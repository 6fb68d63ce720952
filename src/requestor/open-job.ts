import { type Bytes, toHex } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import { KilnError, toKilnError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import { inputsOf } from '../job/inputs.ts';
import { taskCount } from '../job/split.ts';
import { taskPrice } from '../payment/costs/price.ts';
import type { TaskTrace } from '../protocol/task-trace.ts';
import { sealRunRecord } from '../protocol/run-record.ts';
import type { Manifest } from '../protocol/manifest.ts';
import type { Proposal } from '../protocol/negotiate.ts';
import type { Address } from '../protocol/primitives.ts';
import { ReceiptShelf } from '../storage/receipt-shelf.ts';
import { checkCeiling } from './submit/check-terms.ts';
import { demandRequirements } from './submit/demand-requirements.ts';
import { JobProgress } from './results/job-progress.ts';
import { JobRunner } from './job-runner.ts';
import { OwnDevice } from './results/own/own-device.ts';
import { Paymaster } from './pay/paymaster.ts';
import type { JobRecord } from './records.ts';
import { ReputationBook } from './seats/reputation-book.ts';
import type { RequestorInit } from './requestor-init.ts';
import { ResultKeeper } from './results/result-keeper.ts';
import type { PaymentSession, RequestorNetwork } from './slices.ts';
import { completeTrace } from './trace/complete-trace.ts';
import { makeRunRecord } from './trace/make-run-record.ts';
import { TraceBook } from './trace/trace-book.ts';
import type { JobView, SubmitTerms } from './view.ts';

/** Who hears of a job. */
interface Listeners {
  readonly onChange: () => void;
  readonly onVerified: (task: number) => void;
}

type Holders = Parameters<RequestorNetwork['blobs']['get']>[1]['holders'];

/** How long changes of a job's record are gathered before they are stored. */
const STORE_DELAY_MS = 1_000;

/** One job of this browser, running or ended: its record, its results, and its runner while it runs. */
export class OpenJob implements AsyncDisposable {
  readonly keeper: ResultKeeper;
  /** What happened to each task. */
  readonly traces: TraceBook;
  readonly #init: RequestorInit;
  readonly #scope = new Scope();
  #progress: JobProgress;
  #runner: JobRunner | undefined;
  #book: ReputationBook | undefined;
  #spent: bigint;
  #isStoreDue = false;
  readonly #record: JobRecord;
  /** As they are stored: the ceiling may have been raised. */
  #terms: SubmitTerms;
  /** The ceiling as it is announced: stored before. */
  #offered: bigint;

  private constructor(init: RequestorInit, record: JobRecord, isResumed: boolean) {
    this.#init = init;
    this.#record = record;
    this.#terms = record.terms;
    this.#offered = record.terms.priceCeiling;
    this.keeper = new ResultKeeper(record.job, init.results, init.network.blobs, (cids) =>
      init.pin(record.job, cids),
    );
    this.#progress = new JobProgress(record, taskCount(record.manifest.split), init.clock.now());
    this.traces = new TraceBook(record.job, init.traces, init.clock, isResumed);
    this.#spent = record.providers.reduce((sum, { paid }) => sum + paid, 0n);
  }

  /** Opens a job: a running one goes on at once, with the given session or its stored one. */
  static async open(
    init: RequestorInit,
    record: JobRecord,
    session: PaymentSession | undefined,
    listeners: Listeners,
  ): Promise<OpenJob> {
    const open = new OpenJob(init, record, session === undefined);
    try {
      if (record.status !== 'running') {
        for (const { task, exit, isProvisional } of await open.keeper.all()) {
          if (isProvisional === true) open.#progress.stand(task);
          else open.#progress.verify(task, exit);
        }
        return open;
      }
      await open.#run(session ?? (await init.reopenSession(record.payment, record.cap)), listeners);
    } catch (error) {
      open.#progress.end(
        'failed',
        init.clock.now(),
        `The job could not go on: ${toKilnError(error).message}`,
      );
      await open.#store();
    }
    return open;
  }

  get manifest(): Manifest {
    return this.#record.manifest;
  }

  get terms(): SubmitTerms {
    return this.#terms;
  }

  get runner(): JobRunner | undefined {
    return this.#runner;
  }

  get isRunning(): boolean {
    return this.#runner?.isRunning ?? false;
  }

  view(): JobView {
    const { terms } = this;
    const spent = this.#runner?.paymaster.spent ?? this.#spent;
    const ceiling = taskPrice(terms.priceCeiling, terms.microUnitsPerTask);
    return {
      ...this.#progress.view(this.#runner?.links ?? [], spent, ceiling, this.#init.clock.now()),
      refused: this.#runner?.market.seats.refused ?? [],
    };
  }

  /** What happened to a task; undefined while nobody was given it. */
  async trace(task: number): Promise<TaskTrace | undefined> {
    const trace = await this.traces.trace(task);
    const result = await this.keeper.get(task);
    return result === undefined ? trace : completeTrace(trace, result, this.#init.clock.now());
  }

  /** The record of this run as a signed file; of a running job, as it is now. */
  async runRecord(): Promise<Bytes> {
    const { network, agreements, receipts, ledgers, reopenSession, clock } = this.#init;
    const record = await makeRunRecord({
      requestor: network.identity.peer,
      record: this.#recordNow(),
      book: this.traces,
      results: await this.keeper.all(),
      agreements,
      receipts,
      ledgers,
      reopenSession,
      nowMs: clock.now(),
    });
    return sealRunRecord(network.identity, record);
  }

  /** Takes in what a provider shows of itself, if it comes soon. */
  async hear({ provider: peer, addresses, payee, record }: Proposal): Promise<void> {
    const shown = { peer, addresses, role: 'provider', account: payee as Address, record } as const;
    const others = await this.#init.records?.weigh(shown);
    if (others !== undefined) this.#book?.hear(peer, others);
  }

  /**
   * Offers more per unit of work: stored first, then announced. Sealed agreements and their renewals keep their price.
   * Throws `requestor/job-ended` and what {@link checkCeiling} throws.
   */
  async raiseCeiling(priceCeiling: bigint): Promise<void> {
    const before = this.#terms;
    const runner = this.#runner;
    if (runner?.isRunning !== true) {
      throw new KilnError('requestor/job-ended', 'The job has ended: nobody is looked for any more.', {
        data: { job: this.#record.job },
        hint: 'Submit it again under better terms.',
      });
    }
    checkCeiling(this.view(), before, priceCeiling);
    this.#terms = { ...before, priceCeiling };
    try {
      await this.#store();
    } catch (error) {
      this.#terms = before;
      throw error;
    }
    this.#offered = priceCeiling;
    runner.market.announcer.hurry();
  }

  async cancel(): Promise<void> {
    await this.#runner?.cancel();
    await this.#store();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store();
    await this.traces[Symbol.asyncDispose]();
    await this.#scope[Symbol.asyncDispose]();
  }

  async #run(session: PaymentSession, listeners: Listeners): Promise<void> {
    const { network, sandbox, clock, random, ledgers, reputation, agreements } = this.#init;
    const record = this.#record;
    const { manifest, terms, job } = record;
    const shown = this.#init.records?.own();
    this.#book = await ReputationBook.open(manifest.program.kind, reputation, clock);
    const device = new OwnDevice(job, manifest, sandbox, network.blobs);
    this.#scope.add(() => device[Symbol.asyncDispose]());
    const runner = new JobRunner(
      {
        record,
        taskCount: taskCount(manifest.split),
        network,
        clock,
        random,
        keeper: this.keeper,
        agreements,
        shelf: new ReceiptShelf(this.#init),
        observers: [this.traces, this.#init.fraud.observerOf(job)],
        reputation: this.#book,
        leaseSalt: toHex(crypto.getRandomValues(new Uint8Array(4))),
        demandTerms: {
          job,
          name: manifest.name,
          kind: manifest.program.kind,
          requirements: demandRequirements(manifest, terms.requirements),
          microUnitsPerTask: terms.microUnitsPerTask,
          policy: manifest.policy,
          comparator: manifest.comparator,
          payment: session.terms,
          blobs: inputsOf(manifest),
          ...(shown === undefined ? {} : { record: shown }),
        },
        priceCeiling: () => this.#offered,
        verify: (task, outputs) => device.verify(task, outputs, this.#scope.signal),
        recompute: (task) => device.recompute(task, this.#scope.signal),
        fetchOutput: (cid, bytes, holders, signal) => this.#fetch(cid, bytes, holders, signal),
      },
      await Paymaster.open(session, ledgers),
    );
    this.#runner = runner;
    this.#progress = runner.progress;
    this.#scope.add(() => runner[Symbol.asyncDispose]());
    runner.events.on('settled', listeners.onVerified);
    runner.events.on('changed', () => {
      listeners.onChange();
      this.#storeSoon();
    });
    runner.events.on('judged', () => void this.#store());
    runner.events.on('ended', () => {
      void this.#store();
      void device[Symbol.asyncDispose]();
      listeners.onChange();
    });
    const mine = (await agreements.entries())
      .map(([, agreement]) => agreement)
      .filter(({ agreement }) => agreement.job === job);
    await runner.restore(mine);
  }

  async #fetch(cid: Cid, bytes: number, holders: Holders, signal: AbortSignal): Promise<Bytes> {
    const blob = await this.#init.network.blobs.get(cid, { holders, signal, maxBytes: bytes });
    if (blob.byteLength === bytes) return blob;
    throw new KilnError('requestor/wrong-size', 'An output has another size than its result says.', {
      data: { cid },
    });
  }

  #storeSoon(): void {
    if (this.#isStoreDue) return;
    this.#isStoreDue = true;
    this.#init.clock.after(STORE_DELAY_MS, () => void this.#store());
  }

  async #store(): Promise<void> {
    this.#isStoreDue = false;
    if (this.#scope.isClosed) return;
    await this.#init.jobs.put(this.#record.job, this.#recordNow());
  }

  #recordNow(): JobRecord {
    return { ...this.#progress.record(this.#runner?.links ?? []), terms: this.#terms };
  }
}
