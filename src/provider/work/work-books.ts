import type { Collection } from '../../base/collection.ts';
import type { Clock } from '../../base/time.ts';
import { MAX_OPEN_LEASES } from '../../protocol/constants.ts';
import type { VoucherDesk } from '../pay/voucher-desk.ts';
import type { WorkRecord } from '../records.ts';
import type { PeerAddress } from '../slices.ts';
import { LeaseBook } from './lease-book.ts';
import type { RenewalDesk } from './renewal-desk.ts';
import { VerdictDesk } from './settling/verdict-desk.ts';

/** What the books are kept with. */
export interface WorkBooksInit {
  readonly renewals: RenewalDesk;
  readonly vouchers: VoucherDesk;
  readonly requestor: PeerAddress;
  readonly jobName: string;
  readonly works: Collection<WorkRecord>;
  readonly clock: Clock;
  /** What a former tab left. @default nothing: the agreement is new */
  readonly left?: WorkRecord;
}

/**
 * What was done under one agreement and what became of it, in memory and in the store: a tab that is closed must not
 * forget what it has to be paid and to sign for.
 */
export class WorkBooks {
  readonly leases = new LeaseBook();
  readonly verdicts: VerdictDesk;
  readonly #init: WorkBooksInit;
  #leased = 0;
  #lateLeases = 0;
  #delivered = 0;
  #endedAtMs: number | undefined;
  #saving: Promise<void> = Promise.resolve();
  #nextSave: Promise<void> | undefined;
  #isForgotten = false;

  constructor(init: WorkBooksInit) {
    this.#init = init;
    const { renewals, vouchers, left } = init;
    this.verdicts = new VerdictDesk({ agreement: renewals.agreement, book: this.leases, vouchers });
    if (left === undefined) return;
    this.#leased = left.leased;
    this.#delivered = left.delivered;
    this.#endedAtMs = left.endedAtMs;
    for (const [lease, tasks] of Object.entries(left.open)) this.leases.restore(lease, tasks);
    this.verdicts.restore(left);
  }

  /** Tasks leased so far. */
  get leased(): number {
    return this.#leased;
  }

  /** Results handed over so far. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Is something not judged, held back, or owed? */
  get isOpen(): boolean {
    return this.leases.unsettledCount + this.verdicts.heldTasks + this.#init.vouchers.owedTasks > 0;
  }

  /** Did anything good come of it: money, or thanks where work is free? Not from who took as much for nothing as it could. */
  get wasPaid(): boolean {
    const { renewals, vouchers } = this.#init;
    if (this.verdicts.tookTooMuch) return false;
    return renewals.agreement.pricePerUnit === 0n ? this.verdicts.accepted > 0 : vouchers.earned > 0n;
  }

  /** A lease came; its tasks wait for their turn. Throws what {@link LeaseBook.add} throws. */
  lease(lease: string, tasks: readonly number[]): void {
    this.#leased += this.leases.add(lease, tasks);
  }

  /** A lease crossed the end of the agreement on its way: nothing is done, but the requestor may count it as lost. */
  leaseTooLate(tasks: readonly number[]): void {
    if (++this.#lateLeases <= MAX_OPEN_LEASES) this.#leased += new Set(tasks).size;
  }

  /** So many results are handed over: to be called, and the books saved, before they leave. */
  deliver(tasks: number): void {
    this.#delivered += tasks;
    this.#init.vouchers.deliver(tasks);
  }

  /** The agreement has ended. */
  end(): void {
    this.#endedAtMs ??= this.#init.clock.now();
  }

  /** When it ended; where a former tab did not see the end, when its requestor says, if that can be. */
  endOf(saidMs: number | undefined): number {
    const { left, clock } = this.#init;
    const nowMs = clock.now();
    if (this.#endedAtMs !== undefined || left === undefined) return this.#endedAtMs ?? nowMs;
    return Math.min(nowMs, Math.max(left.savedAtMs, saidMs ?? nowMs));
  }

  /**
   * Resolves once all of this is stored as it was when it was called. Never rejects: on a full disk the work goes on, and
   * what a closed tab would cost is a receipt.
   */
  save(): Promise<void> {
    if (this.#isForgotten || this.#leased === 0) return Promise.resolve();
    this.#nextSave ??= this.#saving.then(() => {
      this.#nextSave = undefined;
      return this.#put();
    });
    return (this.#saving = this.#nextSave);
  }

  /** Nothing will be asked of it any more. */
  async forget(): Promise<void> {
    this.#isForgotten = true;
    await this.#saving;
    await this.#init.works.delete(this.#init.renewals.digests[0]!).catch(() => {});
  }

  async #put(): Promise<void> {
    const { renewals, vouchers, requestor, jobName, works, clock, left } = this.#init;
    const { accepted, rejected } = this.verdicts;
    const { digests, greeting } = renewals;
    const record: WorkRecord = {
      ...{ digests, greeting, jobName, requestor, accepted, rejected },
      leased: this.#leased,
      delivered: this.#delivered,
      open: this.leases.handedOver(),
      held: this.verdicts.heldPlaces,
      earned: vouchers.earned,
      paidHere: vouchers.paidHere,
      counted: vouchers.newest?.amount ?? 0n,
      savedAtMs: left?.savedAtMs ?? clock.now(),
      ...(this.#endedAtMs === undefined ? {} : { endedAtMs: this.#endedAtMs }),
    };
    await works.put(digests[0]!, record).catch(() => {});
  }
}
