import type { Bytes } from '../base/bytes.ts';
import type { Cid } from '../base/cid.ts';
import { KilnError } from '../base/errors.ts';
import { Emitter } from '../base/events.ts';
import { Cell, type Observable } from '../base/observable.ts';
import { Scope } from '../base/scope.ts';
import { checkManifest } from '../job/check/check-manifest.ts';
import { keptInputsOf } from '../job/inputs.ts';
import { manifestBytes } from '../job/manifest.ts';
import type { FrameStream } from '../protocol/channel.ts';
import { MAX_OPEN_NEGOTIATIONS } from '../protocol/constants.ts';
import { NEGOTIATE, type Proposal } from '../protocol/negotiate.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { Manifest } from '../protocol/manifest.ts';
import type { TaskTrace } from '../protocol/task-trace.ts';
import { WORK } from '../protocol/work.ts';
import { agreementEndMs, agreementFor } from './seats/agreement-for.ts';
import { acceptProvider, type ProposalAnswer } from './seats/accept-provider.ts';
import { VIEW_INTERVAL_MS } from './constants.ts';
import { lastVoucher } from './pay/last-voucher.ts';
import { describeFraud, type FraudRecord } from './evidence/fraud-record.ts';
import { checkTerms } from './check-terms.ts';
import { OpenJob } from './open-job.ts';
import type { RequestorInit } from './requestor-init.ts';
import { OwnDevice } from './results/own-device.ts';
import type { JobRecord } from './records.ts';
import type { Outputs } from './results/result-keeper.ts';
import { startLedger } from './pay/session-ledger.ts';
import type { PaymentSession } from './slices.ts';
import { answerWork } from './leases/work-door.ts';
import type { JobDraft, JobView, SubmitTerms, TryOut } from './view.ts';

/** The requestor role: takes jobs, answers proposals, serves work streams, resumes what a closed tab left. */
export class Requestor implements AsyncDisposable {
  readonly #init: RequestorInit;
  readonly #view = new Cell<readonly JobView[]>([]);
  readonly #jobs = new Map<Cid, OpenJob>();
  readonly #verified = new Emitter<Record<Cid, number>>();
  readonly #scope = new Scope();
  readonly #submitting = new Set<Cid>();
  #isViewDue = false;
  readonly #negotiating = new Set<PeerId>();

  constructor(init: RequestorInit) {
    this.#init = init;
  }

  /** Jobs, newest first. */
  get view(): Observable<readonly JobView[]> {
    return this.#view;
  }

  /** Accepts providers from now on, and goes on with every job that was running when the tab closed. */
  async start(): Promise<void> {
    const { network, jobs } = this.#init;
    const records = (await jobs.entries()).map(([, record]) => record);
    for (const record of records) await this.#open(record);
    const stopNegotiate = await network.handle(NEGOTIATE, (stream) => void this.#negotiate(stream));
    const stopWork = await network.handle(WORK, (stream) => void this.#work(stream));
    this.#scope.add(stopNegotiate);
    this.#scope.add(stopWork);
    const { events } = this.#init.fraud;
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
    const job = await this.#takeIn(draft);
    await using device = new OwnDevice(job, draft.manifest, this.#init.sandbox, this.#init.network.blobs);
    return await device.tryOut(task, signal, onProgress);
  }

  /**
   * Takes a job on: checked, then funded, stored and announced, in this order. `fund` makes the session that pays.
   * Throws `requestor/job-running` when this very job runs already, and what the checks of draft and terms throw.
   */
  async submit(draft: JobDraft, terms: SubmitTerms, fund: () => Promise<PaymentSession>): Promise<Cid> {
    const job = await this.#takeIn(draft);
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
    await this.#init.pin(job, [job, ...keptInputsOf(draft.manifest).map(({ cid }) => cid)]);
    const record: JobRecord = {
      job,
      manifest: draft.manifest,
      terms,
      payment: session.terms,
      cap: session.cap,
      status: 'running',
      createdAtMs: this.#init.clock.now(),
      executions: 0,
      rejected: [],
      banned: [],
      providers: [],
    };
    await this.#init.jobs.put(job, record);
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

  /** Checks a draft and stores its manifest and blobs; every input must be there. */
  async #takeIn(draft: JobDraft): Promise<Cid> {
    checkManifest(draft.manifest);
    const { blobs } = this.#init.network;
    const stored = new Set<Cid>();
    for (const blob of draft.blobs) stored.add(await blobs.put(blob));
    const missing = keptInputsOf(draft.manifest).find(({ cid }) => !stored.has(cid));
    if (missing !== undefined) {
      throw new KilnError(
        'requestor/input-missing',
        'The draft does not bring all the inputs that its manifest names.',
        {
          data: { cid: missing.cid },
          hint: 'Add the blob with this CID to the draft.',
        },
      );
    }
    return blobs.put(manifestBytes(draft.manifest));
  }

  async #open(record: JobRecord, session?: PaymentSession): Promise<void> {
    const open = await OpenJob.open(this.#init, record, session, {
      onChange: () => this.#changed(),
      onVerified: (task) => this.#verified.emit(record.job, task),
    });
    this.#jobs.set(record.job, open);
  }

  async #negotiate(stream: FrameStream): Promise<void> {
    const { network, clock } = this.#init;
    if (this.#negotiating.size >= MAX_OPEN_NEGOTIATIONS || this.#negotiating.has(stream.peer)) {
      return stream.abort(
        new KilnError(
          'negotiate/busy',
          'This requestor negotiates with too many providers, or with you already.',
          { data: { limit: MAX_OPEN_NEGOTIATIONS } },
        ),
      );
    }
    this.#negotiating.add(stream.peer);
    await acceptProvider(stream, { identity: network.identity, clock }, (proposal, signer) =>
      this.#answer(proposal, signer),
    );
    this.#negotiating.delete(stream.peer);
  }

  async #answer(proposal: Proposal, signer: string): Promise<ProposalAnswer> {
    const open = this.#jobs.get(proposal.job);
    if (open === undefined)
      return { refusal: { reason: 'job-unknown', detail: 'this requestor has no such job' } };
    const runner = open.runner;
    if (runner === undefined || !open.isRunning)
      return { refusal: { reason: 'job-ended', detail: 'the job has ended' } };
    const nowMs = this.#init.clock.now();
    const { keyExpiresAtMs } = runner.paymaster;
    if (agreementEndMs(nowMs, keyExpiresAtMs) <= nowMs)
      return { refusal: { reason: 'not-covered', detail: 'the session key of this job ends too soon' } };
    await open.hear(proposal);
    const refusal =
      this.#init.fraud.refusal(proposal.provider) ?? (await runner.market.seats.ask(proposal, signer));
    if (refusal !== undefined) return { refusal };
    const agreement = agreementFor(runner.demand(), proposal, this.#init.clock.now(), keyExpiresAtMs);
    return {
      agreement,
      seal: (sealed) => runner.seal(sealed, proposal),
      release: () => runner.market.seats.release(proposal),
    };
  }

  /** A proof convicts a provider: it is banned from every job, and what only it vouches for is done again. */
  #convicted(proof: FraudRecord): void {
    const reason = `A fraud proof convicts it: ${describeFraud(proof)}.`;
    for (const { runner } of this.#jobs.values()) runner?.caught(proof.provider, reason);
  }

  #work(stream: FrameStream): Promise<void> {
    return answerWork(stream, {
      clock: this.#init.clock,
      find: (agreement) => {
        for (const { runner } of this.#jobs.values()) {
          const link = runner?.link(agreement);
          if (runner !== undefined && link !== undefined) return { runner, link };
        }
        return undefined;
      },
      lastVoucher: (agreement, provider) => lastVoucher(this.#init, agreement, provider),
    });
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
