import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import { KilnError } from '../base/errors.ts';
import { Emitter } from '../base/events.ts';
import { Cell, type Observable } from '../base/observable.ts';
import { Scope } from '../base/scope.ts';
import type { Manifest } from '../protocol/manifest.ts';
import type { TaskTrace } from '../protocol/task-trace.ts';
import { VIEW_INTERVAL_MS } from './constants.ts';
import { describeFraud, type FraudRecord } from './evidence/fraud-record.ts';
import { OpenJob } from './open-job.ts';
import { ProviderDoor } from './provider-door.ts';
import type { RequestorInit } from './requestor-init.ts';
import { OwnDevice } from './results/own/own-device.ts';
import type { JobRecord } from './records.ts';
import type { Outputs } from './results/result-keeper.ts';
import { startLedger } from './pay/session-ledger.ts';
import type { PaymentSession } from './slices.ts';
import { checkTerms } from './submit/check-terms.ts';
import { storeNewJob, takeIn } from './submit/take-in.ts';
import type { JobDraft, JobView, SubmitTerms, TryOut } from './view.ts';

/** The requestor role: takes jobs, answers proposals, serves work streams, resumes what a closed tab left. */
export class Requestor implements AsyncDisposable {
  readonly #init: RequestorInit;
  readonly #view = new Cell<readonly JobView[]>([]);
  readonly #jobs = new Map<Cid, OpenJob>();
  readonly #door: ProviderDoor;
  readonly #verified = new Emitter<Record<Cid, number>>();
  readonly #scope = new Scope();
  readonly #submitting = new Set<Cid>();
  #isViewDue = false;

  constructor(init: RequestorInit) {
    this.#init = init;
    this.#door = new ProviderDoor(init, this.#jobs);
  }

  /** Jobs, newest first. */
  get view(): Observable<readonly JobView[]> {
    return this.#view;
  }

  /** Accepts providers from now on, and goes on with every job that was running when the tab closed. */
  async start(): Promise<void> {
    const { jobs, fraud } = this.#init;
    const records = (await jobs.entries()).map(([, record]) => record);
    for (const record of records) await this.#open(record);
    await this.#door.open(this.#scope);
    const { events } = fraud;
    this.#scope.add(events.on('convicted', (proof) => this.#convicted(proof)));
    this.#scope.add(
      events.on('acquitted', ({ job, task, peer }) => this.#jobs.get(job)?.runner?.acquit(task, peer)),
    );
    this.#show();
  }

  /** Runs one task of a draft here; shows its output and measures its work. */
  async tryOut(
    draft: JobDraft,
    task: number,
    signal: AbortSignal,
    onProgress?: (done: number) => void,
  ): Promise<TryOut> {
    const job = await takeIn(draft, this.#init.network.blobs);
    await using device = new OwnDevice(job, draft.manifest, this.#init.sandbox, this.#init.network.blobs);
    return await device.tryOut(task, signal, onProgress);
  }

  /**
   * Takes a job on: checked, then funded, stored and announced, in this order. `fund` makes the session that pays.
   * Throws `requestor/job-running` when this very job runs already, and what the checks of draft and terms throw.
   */
  async submit(draft: JobDraft, terms: SubmitTerms, fund: () => Promise<PaymentSession>): Promise<Cid> {
    const job = await takeIn(draft, this.#init.network.blobs);
    if (this.#jobs.get(job)?.isRunning === true || this.#submitting.has(job)) {
      throw new KilnError('requestor/job-running', 'This very job is running already.', {
        data: { job },
        hint: 'Wait for it, cancel it, or change the job.',
      });
    }
    checkTerms(draft.manifest, terms);
    this.#submitting.add(job);
    try {
      return await this.#begin(job, draft, terms, await fund());
    } finally {
      this.#submitting.delete(job);
    }
  }

  async #begin(job: Cid, draft: JobDraft, terms: SubmitTerms, session: PaymentSession): Promise<Cid> {
    await startLedger(session, this.#init.ledgers);
    if (this.#jobs.has(job)) await this.remove(job);
    const record = await storeNewJob(this.#init, job, draft, terms, session);
    await this.#open(record, session);
    this.#show();
    return job;
  }

  /** Offers more per unit of work from now on; throws what {@link OpenJob.raiseCeiling} throws. */
  raiseCeiling(job: Cid, priceCeiling: bigint): Promise<void> {
    return this.#jobOf(job).raiseCeiling(priceCeiling);
  }

  /** Ends a job early. What was accepted is paid, what is verified stays. */
  async cancel(job: Cid): Promise<void> {
    await this.#jobOf(job).cancel();
    this.#changed();
  }

  /** Forgets an ended job and frees its storage. */
  async remove(job: Cid): Promise<void> {
    const open = this.#jobOf(job);
    if (open.isRunning) await open.cancel();
    await open[Symbol.asyncDispose]();
    await open.keeper.dropAll();
    await open.traces.dropAll();
    await this.#init.jobs.delete(job);
    await this.#init.unpin(job);
    this.#jobs.delete(job);
    this.#changed();
  }

  /** What the job is. */
  manifestOf(job: Cid): Manifest {
    return this.#jobOf(job).manifest;
  }

  /** Under which terms it was submitted; a private group's key included. */
  termsOf(job: Cid): SubmitTerms {
    return this.#jobOf(job).terms;
  }

  /** Outputs of a task that has a result, also one that stands only for now; undefined while it has none. */
  outputs(job: Cid, task: number): Promise<Outputs | undefined> {
    return this.#jobOf(job).keeper.outputs(task);
  }

  /** What happened to a task; undefined while nobody was given it. */
  trace(job: Cid, task: number): Promise<TaskTrace | undefined> {
    return this.#jobOf(job).trace(task);
  }

  /** The record of a job's run: a signed file that anyone can check offline. */
  runRecord(job: Cid): Promise<Bytes> {
    return this.#jobOf(job).runRecord();
  }

  /** Calls back with the index of each task as it gets a result, or another one than before. */
  onVerified(job: Cid, listener: (task: number) => void): () => void {
    return this.#verified.on(job, listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const open of this.#jobs.values()) await open[Symbol.asyncDispose]();
    await this.#scope[Symbol.asyncDispose]();
  }

  async #open(record: JobRecord, session?: PaymentSession): Promise<void> {
    const open = await OpenJob.open(this.#init, record, session, {
      onChange: () => this.#changed(),
      onVerified: (task) => this.#verified.emit(record.job, task),
    });
    this.#jobs.set(record.job, open);
  }

  /** A proof convicts a provider: it is banned from every job, and what only it vouches for is done again. */
  #convicted(proof: FraudRecord): void {
    const reason = `A fraud proof convicts it: ${describeFraud(proof)}.`;
    for (const { runner } of this.#jobs.values()) runner?.caught(proof.provider, reason);
  }

  #jobOf(job: Cid): OpenJob {
    const open = this.#jobs.get(job);
    if (open !== undefined) return open;
    throw new KilnError('requestor/job-unknown', 'This browser has no such job.', {
      data: { job },
      hint: 'Jobs live in the browser profile that submitted them.',
    });
  }

  #changed(): void {
    if (this.#isViewDue) return;
    this.#isViewDue = true;
    this.#init.clock.after(VIEW_INTERVAL_MS, () => {
      this.#isViewDue = false;
      this.#show();
    });
  }

  #show(): void {
    const views = [...this.#jobs.values()].map((open) => open.view());
    this.#view.set(views.sort((a, b) => b.createdAtMs - a.createdAtMs));
  }
}
