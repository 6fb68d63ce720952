import { KilnError, toKilnError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { type Clock, sleep } from '../base/time.ts';
import { dialerChannel } from '../protocol/channel.ts';
import { RESUME_WINDOW_MS } from '../protocol/constants.ts';
import type { Agreement } from '../protocol/negotiate.ts';
import { type ProviderWorkChannel, WORK, type WorkDown, type WorkUp } from '../protocol/work.ts';
import { Heartbeat } from '../protocol/heartbeat.ts';
import { IDLE_AGREEMENT_MS, RECONNECT_FIRST_MS, RECONNECT_MOST_MS } from './constants.ts';
import { LeaseBook } from './lease-book.ts';
import type { PeerAddress, ProviderNetwork, SandboxJob } from './slices.ts';
import { TaskPump } from './task-pump.ts';
import type { AgreementView, RunningTask } from './view.ts';
import type { VoucherDesk } from './voucher-desk.ts';

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
  #lastLeaseAtMs: number;

  constructor(init: WorkSessionInit) {
    this.#init = init;
    this.#lastLeaseAtMs = init.clock.now();
    this.#pump = new TaskPump({
      ...init,
      blobs: init.network.blobs,
      book: this.#book,
      identity: init.network.identity,
      signal: this.#ending.signal,
      send: (message) => this.#send(message),
      onDrain: (reason) => this.end(reason),
      canStart: () => this.#init.vouchers.canRisk(this.#book.unsettledCount + this.#book.runningCount),
    });
  }

  get digest(): string {
    return this.#init.digest;
  }

  get agreement(): Agreement {
    return this.#init.agreement;
  }

  /** Milliseconds since the last lease came, or 0 while there is work. */
  idleMs(): number {
    if (this.#book.runningCount + this.#book.queuedCount > 0) return 0;
    return this.#init.clock.now() - this.#lastLeaseAtMs;
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

  /** Works until the agreement ends; resolves with the reason. */
  async run(): Promise<string> {
    const { clock, random, network, requestor } = this.#init;
    let brokenAtMs: number | undefined;
    let waitMs = RECONNECT_FIRST_MS;
    while (!this.#ending.signal.aborted) {
      try {
        const stream = await network.openStream(WORK, requestor, this.#ending.signal);
        const channel: ProviderWorkChannel = dialerChannel(WORK, stream);
        brokenAtMs = undefined;
        waitMs = RECONNECT_FIRST_MS;
        await this.#serve(channel);
      } catch (error) {
        if (this.#ending.signal.aborted) break;
        const reason = toKilnError(error);
        if (isFinal(reason)) this.end(reason.message);
      }
      if (this.#ending.signal.aborted) break;
      brokenAtMs ??= clock.now();
      if (clock.now() - brokenAtMs > RESUME_WINDOW_MS) {
        this.end('The requestor has been out of reach for two minutes.');
        break;
      }
      this.#setState('broken');
      await sleep(clock, waitMs * (0.75 + random() / 2), this.#ending.signal).catch(() => {});
      waitMs = Math.min(waitMs * 2, RECONNECT_MOST_MS);
    }
    this.#setState('ended');
    await this.#init.sandboxJob.close();
    return this.#endReason ?? 'ended';
  }

  /** Leaves politely: says why, stops the tasks in hand, closes the stream. */
  end(reason: string): void {
    if (this.#ending.signal.aborted) return;
    this.#endReason = reason;
    const channel = this.#channel;
    if (channel !== undefined) {
      void channel
        .send({ type: 'drain', reason: reason.slice(0, 300) })
        .then(() => channel.close())
        .catch(() => {});
    }
    this.#ending.abort();
    this.#setState('ended');
  }

  async #serve(channel: ProviderWorkChannel): Promise<void> {
    this.#channel = channel;
    const heartbeat = new Heartbeat(this.#init.clock, {
      ping: (nonce) => this.#send({ type: 'ping', nonce }),
      onSilence: () => channel.abort(new KilnError('work/silent', 'The requestor went silent.')),
    });
    const closeOnEnd = () => void channel.close().catch(() => {});
    this.#ending.signal.addEventListener('abort', closeOnEnd, { once: true });
    try {
      await channel.send({ type: 'hello', agreement: this.#init.digest, leases: [...this.#book.leases] });
      await this.#pump.recommit();
      this.#send({ type: 'ready', slots: this.#init.agreement.slots });
      this.#setState('working');
      for await (const message of channel.messages) {
        heartbeat.heard();
        await this.#receive(message);
        if (this.idleMs() > IDLE_AGREEMENT_MS) this.end('No lease has come for two minutes.');
        if (this.#ending.signal.aborted) return;
      }
    } finally {
      this.#ending.signal.removeEventListener('abort', closeOnEnd);
      heartbeat.stop();
      this.#channel = undefined;
    }
  }

  async #receive(message: WorkDown): Promise<void> {
    switch (message.type) {
      case 'lease':
        this.#lastLeaseAtMs = this.#init.clock.now();
        this.#init.onHolders(message.holders);
        this.#book.add(message.lease, message.tasks);
        this.#pump.pump();
        break;
      case 'reveal':
        this.#delivered += this.#pump.reveal(message.lease, message.tasks, message.withBytes);
        break;
      case 'verdict':
        for (const entry of message.entries) this.#settle(entry.lease, entry.task, entry.outcome);
        this.#pump.pump();
        break;
      case 'voucher':
        await this.#init.vouchers.take(message.voucher, message.tasks);
        this.#pump.pump();
        break;
      case 'cancel':
        for (const lease of message.leases) this.#pump.cancel(lease);
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
    this.#init.onChange();
  }

  #settle(
    lease: string,
    task: number,
    outcome: 'accepted' | 'rejected' | 'inconclusive' | 'not-needed',
  ): void {
    if (!this.#book.settle(lease, task)) return;
    if (outcome === 'accepted') {
      this.#accepted++;
      this.#init.vouchers.owe(1);
    } else if (outcome === 'rejected') this.#rejected++;
  }

  #send(message: WorkUp): void {
    const channel = this.#channel;
    channel?.send(message).catch((error: unknown) => channel.abort(toKilnError(error)));
  }

  #setState(state: AgreementView['state']): void {
    this.#state = state;
    this.#init.onChange();
  }
}

/** Errors after which trying again would not help. */
function isFinal(error: KilnError): boolean {
  return (
    error.code.startsWith('payment/') ||
    error.code === 'work/too-many-leases' ||
    error.code.startsWith('protocol/')
  );
}
