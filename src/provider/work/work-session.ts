import type { KilnError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { every } from '../../base/time.ts';
import { MAX_REASON_CHARS } from '../../protocol/constants.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import type { WorkUp } from '../../protocol/work.ts';
import { IDLE_AGREEMENT_MS, INSPECT_INTERVAL_MS, TASKS_PER_SLOT } from '../constants.ts';
import { isFinal } from './is-final.ts';
import { visitLater } from './late-visits.ts';
import { SettlingDesk, type SettlingParts } from './settling/settling-desk.ts';
import type { SandboxJob } from '../slices.ts';
import { TaskPump } from './task-pump.ts';
import type { AgreementView, RunningTask } from '../view.ts';
import { WorkInbox } from './work-inbox.ts';
import { WorkStream } from './work-stream.ts';

/** What one work session is made of. */
export interface WorkSessionInit extends SettlingParts {
  readonly sandboxJob: SandboxJob;
  readonly random: Random;
  /** Tasks handed to the sandbox at once. */
  readonly width: () => number;
  /** Measured speed for this kind. */
  readonly microUnitsPerSecond: number;
  readonly onHolders: (peers: readonly string[]) => void;
}

/**
 * One agreement being worked on, with its renewals: takes leases, hands their tasks to the sandbox, commits, reveals,
 * takes verdicts and vouchers, and leaves with a receipt.
 */
export class WorkSession {
  readonly #init: WorkSessionInit;
  readonly #pump: TaskPump;
  readonly #stream: WorkStream;
  readonly #settling: SettlingDesk;
  readonly #inbox: WorkInbox;
  readonly #ending = new AbortController();
  #state: AgreementView['state'] = 'connecting';
  #endReason: string | undefined;
  #lastBusyAtMs: number;
  #closing: Promise<void> | undefined;

  constructor(init: WorkSessionInit) {
    this.#init = init;
    const { clock, network, renewals, vouchers, books } = init;
    const { agreement } = renewals;
    this.#lastBusyAtMs = clock.now();
    this.#settling = new SettlingDesk({
      ...init,
      stream: () => this.#stream,
      onPaid: (isOurs) => {
        if (!isOurs)
          this.end('The requestor pays under another agreement than this one; the voucher is kept.');
        this.#pump.pump();
        init.onChange();
      },
      onFault: (error) => this.#fault(error),
    });
    this.#stream = new WorkStream({
      ...init,
      ending: this.#ending.signal,
      greet: (send) => this.#greet(send),
      receive: (message) => this.#inbox.receive(message),
      onState: (state) => this.#setState(state),
      onLost: (reason) => this.end(reason),
    });
    this.#pump = new TaskPump({
      ...init,
      agreement,
      digest: () => renewals.digest,
      blobs: network.blobs,
      book: books.leases,
      identity: network.identity,
      signal: this.#ending.signal,
      send: (message) => this.#stream.send(message),
      onDrain: (reason) => this.end(reason),
      onChange: () => {
        this.#lastBusyAtMs = clock.now();
        init.onChange();
      },
      canStart: () => clock.now() < renewals.agreement.expiresAt && vouchers.mayBegin(...this.#atRisk()),
    });
    this.#inbox = new WorkInbox({
      ...init,
      settling: this.#settling,
      pump: this.#pump,
      isEnded: () => this.isEnded,
      send: (message) => this.#stream.send(message),
      end: (reason) => this.end(reason),
      onFault: (error) => this.#fault(error),
    });
  }

  get agreement(): Agreement {
    return this.#init.renewals.agreement;
  }

  /** Milliseconds since a task last ran. Waiting ones that may not start, unpaid as it is, are no work. */
  idleMs(): number {
    return this.#init.books.leases.runningCount > 0 ? 0 : this.#init.clock.now() - this.#lastBusyAtMs;
  }

  /** Nothing more is worked for; only the last vouchers and the receipt are waited for. */
  get isEnded(): boolean {
    return this.#ending.signal.aborted;
  }

  /** Did anything come of it: money, or thanks where work is free? */
  get wasPaid(): boolean {
    return this.#init.books.wasPaid;
  }

  running(): readonly RunningTask[] {
    return this.#pump.running();
  }

  view(): AgreementView {
    return {
      ...this.#settling.view(),
      state: this.#state,
      ...(this.#endReason === undefined ? {} : { endReason: this.#endReason }),
    };
  }

  /** Works until the agreement ends; resolves with the reason, the last vouchers stored. */
  async run(): Promise<string> {
    const { clock, vouchers, books } = this.#init;
    const inspect = () => this.#inspect();
    const stopInspecting = every(clock, () => INSPECT_INTERVAL_MS, inspect);
    try {
      await this.#stream.run();
      await vouchers.settled();
      books.verdicts.giveUp();
      await this.#close();
    } finally {
      stopInspecting();
    }
    this.#setState('ended');
    const isOpen = () => books.isOpen || (books.delivered > 0 && !this.#settling.hasReceipt);
    void visitLater(clock, isOpen, () => this.#stream.visit()).then(() => books.forget());
    return this.#endReason ?? 'ended';
  }

  /** Leaves politely: says why, stops the tasks in hand; the stream closes when the last vouchers have come. */
  end(reason: string): void {
    if (this.isEnded) return;
    this.#endReason = reason;
    this.#stream.send({ type: 'drain', reason: reason.slice(0, MAX_REASON_CHARS) });
    this.#ending.abort();
    void this.#close().catch(() => {});
    this.#stream.leave();
    this.#init.books.end();
    void this.#init.books.save();
    this.#settling.end();
    this.#setState('ended');
  }

  /** Asks the requestor to set so much more aside for this payee. */
  askForCover(missing: bigint): void {
    if (!this.isEnded) this.#stream.send({ type: 'cover', missing });
  }

  #close(): Promise<void> {
    return (this.#closing ??= this.#init.sandboxJob.close());
  }

  /** Tells how many tasks are worked on at once now, and starts as many. */
  tellSlots(): void {
    this.#stream.send({ type: 'ready', slots: Math.ceil(this.#init.width() / TASKS_PER_SLOT) });
    this.#pump.pump();
  }

  /** Tasks worked on or delivered and not judged, and those judged only for now. */
  #atRisk(): [underWay: number, held: number] {
    const { leases, verdicts } = this.#init.books;
    return [leases.unsettledCount + leases.runningCount, verdicts.heldTasks];
  }

  /** Says under which agreement it comes, and what is finished. */
  async #greet(send: (message: WorkUp) => Promise<void>): Promise<void> {
    await this.#settling.greet(send);
    await this.#pump.recommit();
    this.tellSlots();
  }

  /** Ends what is over, and asks again what the chain did not answer. */
  #inspect(): void {
    const { clock, renewals, vouchers } = this.#init;
    if (this.isEnded) return;
    if (clock.now() >= renewals.agreement.expiresAt) {
      const why = renewals.refusal;
      return this.end(`The agreement has expired.${why === undefined ? '' : ` It was not renewed: ${why}`}`);
    }
    if (this.idleMs() > IDLE_AGREEMENT_MS) return this.end('Nothing could be worked on for two minutes.');
    if (vouchers.isInDoubt) void vouchers.judge().then(() => this.#pump.pump());
  }

  /** Ends the agreement, or the stream where another one may do better: nothing was stored, so it is said again there. */
  #fault(error: KilnError): void {
    if (isFinal(error)) this.end(error.message);
    else if (!this.isEnded) this.#stream.abort(error);
  }

  #setState(state: AgreementView['state']): void {
    this.#state = state;
    this.#init.onChange();
  }
}
