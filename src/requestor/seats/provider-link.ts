import { KilnError, toKilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { MAX_REASON_CHARS } from '../../protocol/constants.ts';
import { Heartbeat } from '../../protocol/heartbeat.ts';
import type { Agreement } from '../../protocol/negotiate.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { RequestorWorkChannel, SignedVoucher, WorkDown, WorkUp } from '../../protocol/work.ts';
import type { Holder } from '../../verification/task/task-check.ts';
import { LAST_WORDS_MS, PACE_DOUBT, SPEED_SMOOTHING, STARTING_SLOTS } from '../constants.ts';
import { ToldVerdicts } from '../leases/told-verdicts.ts';
import type { OfferedRenewal } from '../records.ts';
import type { JobProviderView } from '../view.ts';

/** A lease under way: its tasks that are not settled yet, each with the time after which it counts as lost. */
export interface OpenLease {
  readonly id: string;
  readonly leasedAtMs: number;
  /** `saidAgain`: how often its commitment was repeated while its reveal was waited for. */
  readonly tasks: Map<number, { deadlineAtMs: number; isCommitted: boolean; saidAgain?: number }>;
  /** Did something come of it? */
  isUseful?: boolean;
}

/** How an agreement may end. */
export type EndState = Exclude<JobProviderView['state'], 'working' | 'broken'>;

/** One provider of one job: its agreement, its stream while there is one, its leases, its pace and its pay. */
export class ProviderLink {
  readonly addresses: readonly string[];
  readonly leases = new Map<string, OpenLease>();
  readonly told = new ToldVerdicts();
  readonly #terms: { readonly digest: string; readonly agreement: Agreement }[];
  readonly #clock: Clock;
  #channel: RequestorWorkChannel | undefined;
  #state: JobProviderView['state'] = 'broken';
  #brokenAtMs: number;
  #measuredAtMs = 0;
  #endReason: string | undefined;
  executions = 0;
  tasksPaid = 0;
  paid = 0n;
  /** Messages in which it gave tasks up, and results that cannot vote. */
  failures = 0;
  msPerTask: number | undefined;
  /** Accepted tasks that the next voucher will pay. */
  owedTasks = 0;
  /** Results that were found wrong. */
  rejectedTasks = 0;
  /** Tasks leased and never delivered, or too late. */
  lostTasks = 0;
  /** Which GPUs its own agrees with bit for bit, as it says; of GPU jobs only. */
  numericClass?: string;
  /** The network that it is reached in, as this device sees it; never shown, stored or sent. */
  network: string | undefined;
  /** A renewal that waits for its counter-signature. */
  offered: OfferedRenewal | undefined;
  /** Speed that its proposal claimed, in micro-units per second and slot. */
  claimed: number | undefined;
  /** The newest voucher that the provider was sent. */
  lastVoucher: SignedVoucher | undefined;
  /** What is wrong with the receipt that the provider signed; it was not kept. */
  receiptFault: string | undefined;
  #endedAtMs: number | undefined;
  /** Slots that the provider says it has for this job now. */
  readySlots = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, digest: string, agreement: Agreement, addresses: readonly string[]) {
    this.#clock = clock;
    this.#terms = [{ digest, agreement }];
    this.addresses = addresses;
    this.#brokenAtMs = clock.now();
  }

  /** Name of the agreement that counts now: the newest renewal. */
  get digest(): string {
    return this.#terms.at(-1)!.digest;
  }

  get agreement(): Agreement {
    return this.#terms.at(-1)!.agreement;
  }

  /** When the first of its agreements was signed, in milliseconds since 1970. */
  get beganAtMs(): number {
    return this.#terms[0]!.agreement.issuedAt;
  }

  /** Names of its agreement and of all that it renews, oldest first. */
  get digests(): readonly string[] {
    return this.#terms.map(({ digest }) => digest);
  }

  /** Is this the name of its agreement, of one that it renews, or of a renewal that is offered? */
  answersTo(digest: string): boolean {
    return this.offered?.digest === digest || this.digests.includes(digest);
  }

  /** When the agreement ended, in milliseconds since 1970. */
  get endedAtMs(): number | undefined {
    return this.#endedAtMs;
  }

  /** The agreement goes on under a new name until a later time; leases in hand go on. */
  renew(digest: string, agreement: Agreement): void {
    if (!this.digests.includes(digest)) this.#terms.push({ digest, agreement });
  }

  /**
   * Slots that may be kept busy: those agreed on, or fewer when the provider has fewer now. Very many it has to show by
   * its results: who only says so would hold all tasks of a small job until they are late.
   */
  get slots(): number {
    return Math.min(this.agreement.slots, this.readySlots, STARTING_SLOTS + this.executions);
  }

  get peer(): PeerId {
    return this.agreement.provider;
  }

  get payee(): Address {
    return this.agreement.payee as Address;
  }

  /** As who it takes tasks. */
  get holder(): Holder {
    const { peer, payee, numericClass, network } = this;
    return {
      peer,
      payee,
      ...(numericClass === undefined ? {} : { numericClass }),
      ...(network === undefined ? {} : { networkPrefix: network }),
    };
  }

  get state(): JobProviderView['state'] {
    return this.#state;
  }

  get isAttached(): boolean {
    return this.#channel !== undefined;
  }

  get isEnded(): boolean {
    return this.#state !== 'working' && this.#state !== 'broken';
  }

  /** Could it be given a task now? */
  get isAtWork(): boolean {
    return this.isAttached && !this.isEnded;
  }

  /** Has nothing come of it: no result, no loss, nothing to pay? */
  get didNothing(): boolean {
    const { executions, tasksPaid, owedTasks, rejectedTasks, lostTasks, told } = this;
    return executions + tasksPaid + owedTasks + rejectedTasks + lostTasks + told.heldTasks === 0;
  }

  /** How long the stream has been gone, or 0. */
  get brokenMs(): number {
    return this.#channel === undefined ? this.#clock.now() - this.#brokenAtMs : 0;
  }

  /** Leases with tasks that are not committed yet. */
  get leasesInFlight(): number {
    let count = 0;
    for (const lease of this.leases.values()) {
      for (const task of lease.tasks.values()) {
        if (!task.isCommitted) {
          count++;
          break;
        }
      }
    }
    return count;
  }

  /** Serves the stream until it ends: every message goes to `receive`. A newer stream replaces an older one. */
  async serve(
    channel: RequestorWorkChannel,
    messages: AsyncIterator<WorkUp>,
    receive: (message: WorkUp) => Promise<void>,
  ): Promise<void> {
    this.#channel?.abort(new KilnError('work/replaced', 'The provider opened a newer stream.'));
    this.#channel = channel;
    if (!this.isEnded) this.#state = 'working';
    const heartbeat = new Heartbeat(this.#clock, {
      ping: (nonce) => this.send({ type: 'ping', nonce }),
      onSilence: () => channel.abort(new KilnError('work/silent', 'The provider went silent.')),
    });
    try {
      for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
        heartbeat.heard();
        if (next.value.type === 'ping') this.send({ type: 'pong', nonce: next.value.nonce });
        else await receive(next.value);
      }
    } finally {
      heartbeat.stop();
      if (this.#channel === channel) {
        this.#channel = undefined;
        this.#brokenAtMs = this.#clock.now();
        if (this.#state === 'working') this.#state = 'broken';
      }
    }
  }

  /** Sends if there is a stream; what must not be lost is sent again when the provider comes back. */
  send(message: WorkDown): void {
    const channel = this.#channel;
    channel?.send(message).catch((error: unknown) => channel.abort(toKilnError(error)));
  }

  /**
   * Ends the agreement and says why; the stream stays a little for the last words, unless it is closed before. Whoever is
   * caught after its end is banned all the same.
   */
  end(state: EndState, reason: string): void {
    if (this.isEnded && state !== 'banned') return;
    const wasEnded = this.isEnded;
    this.#state = state;
    this.#endReason = reason;
    if (wasEnded) return;
    this.#endedAtMs = this.#clock.now();
    const channel = this.#channel;
    if (channel === undefined) return;
    this.send({ type: 'drain', reason: reason.slice(0, MAX_REASON_CHARS) });
    this.#clock.after(LAST_WORDS_MS, () => void channel.close().catch(() => {}));
  }

  /** Closes the stream: everything has been said. */
  close(): void {
    void this.#channel?.close().catch(() => {});
  }

  /**
   * Takes a sample of the provider's pace: wall time of so many tasks, side by side in its slots, as it says. No task can
   * have taken longer than since it was leased, or deadlines would never come; nor much less than the time in which so
   * many came while there was work in hand, or one that lies would be leased half of the job at once.
   */
  measure(wallMs: number, tasks: number, leasedAtMs: number): void {
    const nowMs = this.#clock.now();
    const busyMs = nowMs - Math.max(this.#measuredAtMs, leasedAtMs);
    const least = (busyMs * this.slots) / tasks / PACE_DOUBT;
    const sample = Math.min(Math.max(wallMs / tasks, least), nowMs - leasedAtMs);
    if (tasks > 0) this.#measuredAtMs = nowMs;
    if (tasks === 0 || sample <= 0) return;
    this.msPerTask =
      this.msPerTask === undefined
        ? sample
        : this.msPerTask * (1 - SPEED_SMOOTHING) + sample * SPEED_SMOOTHING;
  }

  /** So many owed tasks are paid now, with this much. */
  notePaid(tasks: number, amount: bigint): void {
    this.owedTasks -= tasks;
    this.tasksPaid += tasks;
    this.paid += amount;
  }

  view(): JobProviderView {
    return {
      peer: this.peer,
      payee: this.payee,
      state: this.#state,
      executions: this.executions,
      tasksPaid: this.tasksPaid,
      paid: this.paid,
      pricePerUnit: this.agreement.pricePerUnit,
      ...(this.#endReason === undefined ? {} : { endReason: this.#endReason }),
      ...(this.msPerTask === undefined ? {} : { msPerTask: this.msPerTask }),
      ...(this.receiptFault === undefined ? {} : { receiptFault: this.receiptFault }),
    };
  }
}
