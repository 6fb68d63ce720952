import { KilnError, toKilnError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { type Clock, every } from '../../base/time.ts';
import { MAX_REASON_CHARS } from '../../protocol/constants.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import type { WorkDown, WorkUp } from '../../protocol/work.ts';
import type { ReceiptShelf } from '../../storage/receipt-shelf.ts';
import { IDLE_AGREEMENT_MS, INSPECT_INTERVAL_MS, TASKS_PER_SLOT } from '../constants.ts';
import { isFinal } from './is-final.ts';
import { visitLater } from './late-visits.ts';
import { ReceiptDesk } from './receipt-desk.ts';
import type { RenewalDesk } from './renewal-desk.ts';
import type { PeerAddress, ProviderNetwork, SandboxJob } from '../slices.ts';
import { TaskPump } from './task-pump.ts';
import type { AgreementView, RunningTask } from '../view.ts';
import type { VoucherDesk } from '../pay/voucher-desk.ts';
import type { WorkBooks } from './work-books.ts';
import { WorkStream } from './work-stream.ts';

/** What one work session is made of. */
export interface WorkSessionInit {
  readonly renewals: RenewalDesk;
  readonly jobName: string;
  readonly requestor: PeerAddress;
  readonly network: ProviderNetwork;
  readonly sandboxJob: SandboxJob;
  readonly vouchers: VoucherDesk;
  readonly shelf: ReceiptShelf;
  readonly books: WorkBooks;
  readonly clock: Clock;
  readonly random: Random;
  /** Tasks handed to the sandbox at once. */
  readonly width: () => number;
  /** Measured speed for this kind. */
  readonly microUnitsPerSecond: number;
  readonly onHolders: (peers: readonly string[]) => void;
  readonly onChange: () => void;
}

/**
 * One agreement being worked on, with its renewals: takes leases, hands their tasks to the sandbox, commits, reveals,
 * takes verdicts and vouchers, and leaves with a receipt.
 */
export class WorkSession {
  readonly #init: WorkSessionInit;
  readonly #pump: TaskPump;
  readonly #stream: WorkStream;
  readonly #receipts: ReceiptDesk;
  readonly #ending = new AbortController();
  #state: AgreementView['state'] = 'connecting';
  #endReason: string | undefined;
  #lastBusyAtMs: number;
  #closing: Promise<void> | undefined;

  constructor(init: WorkSessionInit) {
    this.#init = init;
    const { clock, network, renewals, vouchers, requestor, books } = init;
    const { agreement } = renewals;
    this.#lastBusyAtMs = clock.now();
    this.#receipts = new ReceiptDesk({
      ...init,
      identity: network.identity,
      requestor: requestor.peer,
      answer: (receipt) => {
        this.#stream.send({ type: 'receipt', receipt });
        this.#stream.close();
        init.onChange();
      },
    });
    this.#stream = new WorkStream({
      ...init,
      ending: this.#ending.signal,
      greet: (send) => this.#greet(send),
      receive: (message) => this.#receive(message),
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
    const { fault } = this.#receipts;
    return {
      ...this.#init.renewals.subject,
      jobName: this.#init.jobName,
      state: this.#state,
      tasksDelivered: this.#init.books.delivered,
      ...this.#init.books.verdicts.counts,
      earned: this.#init.vouchers.earned,
      ...(this.#endReason === undefined ? {} : { endReason: this.#endReason }),
      ...(fault === undefined ? {} : { receiptFault: fault }),
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
    const isOpen = () => books.isOpen || (books.delivered > 0 && !this.#receipts.hasCome);
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
    this.#receipts.end();
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

  /** The agreement by a name that the requestor has, its renewal in case it got lost, and what is finished. */
  async #greet(send: (message: WorkUp) => Promise<void>): Promise<void> {
    const { renewals } = this.#init;
    await send({ type: 'hello', agreement: renewals.greeting, leases: [...this.#init.books.leases.leases] });
    const renewed = renewals.counterSignature;
    if (renewed !== undefined) await send({ type: 'renewed', agreement: renewed });
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

  /** Never waits, so that what follows a voucher is heard while it is checked. */
  #receive(message: WorkDown): void {
    const { books } = this.#init;
    if (message.type === 'voucher') void this.#take(message);
    else if (message.type === 'receipt') this.#receipts.take(message.receipt);
    else if (message.type === 'verdict') {
      const faults = message.entries.map((entry) => books.verdicts.settle(entry, entry.outcome));
      faults.forEach((fault) => fault && this.#fault(fault));
      void books.save();
    } else if (this.isEnded) {
      if (message.type === 'lease') books.leaseTooLate(message.tasks);
    } else {
      try {
        this.#follow(message);
      } catch (thrown) {
        this.#fault(toKilnError(thrown));
      }
    }
    this.#pump.pump();
    this.#init.onChange();
  }

  #follow(message: Exclude<WorkDown, { type: 'voucher' | 'verdict' | 'receipt' }>): void {
    switch (message.type) {
      case 'lease':
        return this.#takeLease(message);
      case 'reveal':
        return void this.#pump.reveal(message.lease, message.tasks, message.withBytes, (tasks) => {
          this.#init.books.deliver(tasks);
          return this.#init.books.save();
        });
      case 'cancel':
        return message.leases.forEach((lease) => this.#init.vouchers.giveAway(this.#pump.cancel(lease)));
      case 'covered':
        void this.#init.vouchers.takeCover(message).then(() => this.#pump.pump());
        return;
      case 'renewal':
        return void this.#renew(message.agreement);
      case 'drain':
        return this.end(message.reason);
    }
  }

  #takeLease({ lease, tasks, holders }: Extract<WorkDown, { type: 'lease' }>): void {
    if (this.#init.clock.now() >= this.agreement.expiresAt)
      throw new KilnError('work/expired', 'The agreement has expired: no lease is taken under it.');
    this.#init.onHolders(holders);
    this.#init.books.lease(lease, tasks);
  }

  /** Both sides have stored a renewal before anything is done under it: this one before it answers. */
  async #renew(envelope: Envelope): Promise<void> {
    try {
      const renewed = await this.#init.renewals.take(envelope);
      await this.#init.books.save();
      if (renewed !== undefined && !this.isEnded) this.#stream.send({ type: 'renewed', agreement: renewed });
      this.#init.onChange();
    } catch (thrown) {
      this.#fault(toKilnError(thrown));
    }
  }

  /**
   * A voucher is money whatever agreement it is sent under: it is kept if it is good, as a plain statement of what is
   * promised. Only then is the wrong name held against the requestor.
   */
  async #take({ voucher, agreement, tasks }: Extract<WorkDown, { type: 'voucher' }>): Promise<void> {
    const { renewals, vouchers, onChange } = this.#init;
    const isOurs = renewals.hear(agreement);
    try {
      await vouchers.take(voucher, isOurs ? tasks : 0);
      if (!isOurs) this.end('The requestor pays under another agreement than this one; the voucher is kept.');
      void this.#init.books.save();
      this.#pump.pump();
      onChange();
    } catch (thrown) {
      this.#fault(toKilnError(thrown));
    }
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
