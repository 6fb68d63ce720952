import { KilnError, toKilnError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { type Clock, every, sleep } from '../../base/time.ts';
import { dialerChannel } from '../../protocol/channel.ts';
import { RESUME_WINDOW_MS } from '../../protocol/constants.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import {
  type ProviderWorkChannel,
  type SignedVoucher,
  type VerdictOutcome,
  WORK,
  type WorkDown,
  type WorkUp,
} from '../../protocol/work.ts';
import { Heartbeat } from '../../protocol/heartbeat.ts';
import {
  IDLE_AGREEMENT_MS,
  INSPECT_INTERVAL_MS,
  LAST_VOUCHERS_MS,
  RECONNECT_FIRST_MS,
  RECONNECT_MOST_MS,
} from '../constants.ts';
import { isFinal } from './is-final.ts';
import { LeaseBook } from './lease-book.ts';
import type { PeerAddress, ProviderNetwork, SandboxJob } from '../slices.ts';
import { TaskPump } from './task-pump.ts';
import type { AgreementView, RunningTask } from '../view.ts';
import type { VoucherDesk } from '../pay/voucher-desk.ts';

/** What one work session is made of. */
export interface WorkSessionInit {
  readonly digest: string;
  readonly agreement: Agreement;
  readonly jobName: string;
  readonly requestor: PeerAddress;
  readonly network: ProviderNetwork;
  readonly sandboxJob: SandboxJob;
  readonly vouchers: VoucherDesk;
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
 * One agreement being worked on: keeps the work stream open (and opens it again after a break, for two minutes),
 * takes leases, hands their tasks to the sandbox, commits, reveals, and takes vouchers.
 */
export class WorkSession {
  readonly #init: WorkSessionInit;
  readonly #book = new LeaseBook();
  readonly #pump: TaskPump;
  readonly #ending = new AbortController();
  #channel: ProviderWorkChannel | undefined;
  #state: AgreementView['state'] = 'connecting';
  #endReason: string | undefined;
  #accepted = 0;
  #rejected = 0;
  #delivered = 0;
  #lastBusyAtMs: number;
  #brokenAtMs: number | undefined;
  #waitMs = RECONNECT_FIRST_MS;
  #closing: Promise<void> | undefined;
  /** Gives the stream that is open up in a while, so that what is on its way can still be read. */
  #abortSoon: ((error: KilnError) => void) | undefined;

  constructor(init: WorkSessionInit) {
    this.#init = init;
    this.#lastBusyAtMs = init.clock.now();
    this.#pump = new TaskPump({
      ...init,
      blobs: init.network.blobs,
      book: this.#book,
      identity: init.network.identity,
      signal: this.#ending.signal,
      send: (message) => this.#send(message),
      onDrain: (reason) => this.end(reason),
      onChange: () => {
        this.#lastBusyAtMs = init.clock.now();
        init.onChange();
      },
      canStart: () =>
        init.clock.now() < init.agreement.expiresAt &&
        init.vouchers.canRisk(this.#book.unsettledCount + this.#book.runningCount + 1),
    });
  }

  get agreement(): Agreement {
    return this.#init.agreement;
  }

  /** Milliseconds since a task last ran. Waiting ones that may not start, unpaid as it is, are no work. */
  idleMs(): number {
    return this.#book.runningCount > 0 ? 0 : this.#init.clock.now() - this.#lastBusyAtMs;
  }

  /** Nothing more is worked for; only the last vouchers are waited for. */
  get isEnded(): boolean {
    return this.#ending.signal.aborted;
  }

  /** Did anything come of it: money, or thanks where work is free? */
  get wasPaid(): boolean {
    const { agreement, vouchers } = this.#init;
    return vouchers.earned > 0n || (agreement.pricePerUnit === 0n && this.#accepted > 0);
  }

  running(): readonly RunningTask[] {
    return this.#pump.running();
  }

  view(): AgreementView {
    const { agreement, digest, jobName } = this.#init;
    return {
      digest,
      requestor: agreement.requestor,
      job: agreement.job,
      jobName,
      kind: agreement.kind,
      state: this.#state,
      tasksDelivered: this.#delivered,
      tasksAccepted: this.#accepted,
      tasksRejected: this.#rejected,
      earned: this.#init.vouchers.earned,
      ...(this.#endReason === undefined ? {} : { endReason: this.#endReason }),
    };
  }

  /** Works until the agreement ends; resolves with the reason, the last vouchers stored. */
  async run(): Promise<string> {
    const stopInspecting = every(
      this.#init.clock,
      () => INSPECT_INTERVAL_MS,
      () => this.#inspect(),
    );
    try {
      while (!this.isEnded) await this.#connect();
      await this.#init.vouchers.settled();
      await this.#close();
    } finally {
      stopInspecting();
    }
    this.#setState('ended');
    return this.#endReason ?? 'ended';
  }

  /** Leaves politely: says why, stops the tasks in hand; the stream closes when the last vouchers have come. */
  end(reason: string): void {
    if (this.isEnded) return;
    this.#endReason = reason;
    this.#send({ type: 'drain', reason: reason.slice(0, 300) });
    this.#ending.abort();
    void this.#close().catch(() => {});
    this.#abortSoon?.(new KilnError('work/ended', 'The agreement has ended.'));
    this.#setState('ended');
  }

  /** Asks the requestor to set so much more aside for this payee. */
  askForCover(missing: bigint): void {
    if (!this.isEnded) this.#send({ type: 'cover', missing });
  }

  #close(): Promise<void> {
    return (this.#closing ??= this.#init.sandboxJob.close());
  }

  /** One work stream from its opening to its end, and the wait before the next. */
  async #connect(): Promise<void> {
    const { clock, random, network, requestor } = this.#init;
    const { signal } = this.#ending;
    try {
      await this.#serve(dialerChannel(WORK, await network.openStream(WORK, requestor, signal)));
    } catch (error) {
      const reason = toKilnError(error);
      if (isFinal(reason)) this.end(reason.message);
    }
    if (this.isEnded) return;
    this.#brokenAtMs ??= clock.now();
    if (clock.now() - this.#brokenAtMs > RESUME_WINDOW_MS)
      return this.end('The requestor has been out of reach for two minutes.');
    this.#setState('broken');
    await sleep(clock, this.#waitMs * (0.75 + random() / 2), signal).catch(() => {});
    this.#waitMs = Math.min(this.#waitMs * 2, RECONNECT_MOST_MS);
  }

  /** Ends what is over, and asks again what the chain did not answer. */
  #inspect(): void {
    const { agreement, clock, vouchers } = this.#init;
    if (this.isEnded) return;
    if (clock.now() >= agreement.expiresAt) return this.end('The agreement has expired.');
    if (this.idleMs() > IDLE_AGREEMENT_MS) return this.end('Nothing could be worked on for two minutes.');
    if (vouchers.isInDoubt) void vouchers.judge().then(() => this.#pump.pump());
  }

  async #serve(channel: ProviderWorkChannel): Promise<void> {
    const { clock } = this.#init;
    let cancelAbort: (() => void) | undefined;
    this.#abortSoon = (error) => {
      cancelAbort ??= clock.after(LAST_VOUCHERS_MS, () => channel.abort(error));
    };
    this.#channel = channel;
    const heartbeat = new Heartbeat(clock, {
      ping: (nonce) => this.#send({ type: 'ping', nonce }),
      onSilence: () => channel.abort(new KilnError('work/silent', 'The requestor went silent.')),
    });
    try {
      await channel.send({ type: 'hello', agreement: this.#init.digest, leases: [...this.#book.leases] });
      await this.#pump.recommit();
      this.#send({ type: 'ready', slots: this.#init.agreement.slots });
      if (!this.isEnded) this.#setState('working');
      for await (const message of channel.messages) {
        heartbeat.heard();
        this.#brokenAtMs = undefined;
        this.#waitMs = RECONNECT_FIRST_MS;
        this.#receive(message);
      }
    } finally {
      heartbeat.stop();
      cancelAbort?.();
      this.#abortSoon = undefined;
      this.#channel = undefined;
      void channel.close().catch(() => {});
    }
  }

  /** Never waits, so that what follows a voucher is heard while it is checked. */
  #receive(message: WorkDown): void {
    if (message.type === 'voucher') void this.#take(message.voucher, message.tasks);
    else if (message.type === 'verdict')
      for (const entry of message.entries) this.#settle(entry.lease, entry.task, entry.outcome);
    else if (!this.isEnded) this.#follow(message);
    this.#pump.pump();
    this.#init.onChange();
  }

  #follow(message: Exclude<WorkDown, { type: 'voucher' | 'verdict' }>): void {
    switch (message.type) {
      case 'lease':
        this.#init.onHolders(message.holders);
        this.#book.add(message.lease, message.tasks);
        break;
      case 'reveal':
        this.#delivered += this.#pump.reveal(message.lease, message.tasks, message.withBytes);
        break;
      case 'cancel':
        for (const lease of message.leases) this.#init.vouchers.giveAway(this.#pump.cancel(lease));
        break;
      case 'covered':
        void this.#init.vouchers.takeCover(message).then(() => this.#pump.pump());
        break;
      case 'drain':
        this.end(message.reason);
        break;
      case 'ping':
        this.#send({ type: 'pong', nonce: message.nonce });
        break;
      case 'pong':
        break;
    }
  }

  async #take(voucher: SignedVoucher, tasks: number): Promise<void> {
    try {
      await this.#init.vouchers.take(voucher, tasks);
      this.#pump.pump();
      this.#init.onChange();
    } catch (thrown) {
      const error = toKilnError(thrown);
      if (isFinal(error)) this.end(error.message);
      // Not stored: the requestor states the balance again on the next stream.
      else if (!this.isEnded) this.#channel?.abort(error);
    }
  }

  #settle(lease: string, task: number, outcome: VerdictOutcome): void {
    const phase = this.#book.settle(lease, task);
    if (phase === undefined) return;
    if (outcome === 'accepted') {
      this.#accepted++;
      this.#init.vouchers.owe(1);
      return;
    }
    if (outcome === 'rejected') this.#rejected++;
    if (phase === 'delivered') this.#init.vouchers.giveAway(1);
  }

  #send(message: WorkUp): void {
    const abortSoon = this.#abortSoon;
    this.#channel?.send(message).catch((error: unknown) => abortSoon?.(toKilnError(error)));
  }

  #setState(state: AgreementView['state']): void {
    this.#state = state;
    this.#init.onChange();
  }
}
