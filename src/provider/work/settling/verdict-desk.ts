import { toKilnError, type KilnError } from '../../../base/errors.ts';
import { taskPrice } from '../../../payment/costs/price.ts';
import type { Agreement } from '../../../protocol/negotiate.ts';
import type { VerdictOutcome } from '../../../protocol/work.ts';
import type { VoucherDesk } from '../../pay/voucher-desk.ts';
import type { WorkRecord } from '../../records.ts';
import type { AgreementView } from '../../view.ts';
import { HeldTasks } from './held-tasks.ts';
import type { LeaseBook, Place } from '../lease-book.ts';

/** What the desk works with. */
export interface VerdictDeskInit {
  readonly agreement: Agreement;
  readonly book: LeaseBook;
  readonly vouchers: Pick<VoucherDesk, 'owe' | 'giveAway'>;
}

/** What became of the results of one agreement: accepted and owed, rejected, standing for now, or taken for nothing. */
export class VerdictDesk {
  readonly #init: VerdictDeskInit;
  readonly #held: HeldTasks;
  #accepted = 0;
  #rejected = 0;
  #tookTooMuch = false;

  constructor(init: VerdictDeskInit) {
    this.#init = init;
    this.#held = new HeldTasks(init.agreement);
  }

  get accepted(): number {
    return this.#accepted;
  }

  get rejected(): number {
    return this.#rejected;
  }

  /** Did the requestor take results for nothing until it was left for it? What it paid for others is no excuse. */
  get tookTooMuch(): boolean {
    return this.#tookTooMuch;
  }

  /** Tasks whose pay is held back now. */
  get heldTasks(): number {
    return this.#held.count;
  }

  /** What is held back now, in the token's smallest unit. */
  get held(): bigint {
    const { pricePerUnit, microUnitsPerTask } = this.#init.agreement;
    return taskPrice(pricePerUnit, microUnitsPerTask) * BigInt(this.#held.count);
  }

  /** What became of the results, as people see it. */
  get counts(): Pick<AgreementView, 'tasksAccepted' | 'tasksRejected' | 'tasksHeld' | 'held'> {
    const { held, heldTasks: tasksHeld } = this;
    return { tasksAccepted: this.#accepted, tasksRejected: this.#rejected, tasksHeld, held };
  }

  /** Takes up what a former tab had counted. */
  restore({ accepted, rejected, held }: Pick<WorkRecord, 'accepted' | 'rejected' | 'held'>): void {
    this.#accepted = accepted;
    this.#rejected = rejected;
    for (const [lease, tasks] of Object.entries(held))
      this.#held.restore(tasks.map((task) => ({ lease, task })));
  }

  /** Tasks whose pay is held back, by lease. */
  get heldPlaces(): Record<string, number[]> {
    return this.#held.byLease;
  }

  /** A verdict came. The result is what is wrong with it: a provisional one that the terms do not allow. */
  settle(place: Place, outcome: VerdictOutcome): KilnError | undefined {
    if (this.#held.has(place)) {
      if (outcome === 'provisional') return undefined;
      this.#held.release(place);
      this.#conclude(outcome, true);
      return undefined;
    }
    const phase = this.#init.book.settle(place.lease, place.task);
    if (phase === undefined) return undefined;
    if (outcome !== 'provisional') {
      this.#conclude(outcome, phase === 'delivered');
      return undefined;
    }
    try {
      this.#held.add(place);
      return undefined;
    } catch (thrown) {
      this.#init.vouchers.giveAway(1);
      return toKilnError(thrown);
    }
  }

  /** The agreement has ended: what still stands only for now counts as taken for nothing, unless a voucher comes. */
  giveUp(): void {
    if (this.#held.count > 0) this.#init.vouchers.giveAway(this.#held.count);
  }

  #conclude(outcome: VerdictOutcome, wasDelivered: boolean): void {
    const { vouchers } = this.#init;
    if (outcome === 'accepted') {
      this.#accepted++;
      vouchers.owe(1);
      return;
    }
    if (outcome === 'rejected') this.#rejected++;
    if (wasDelivered && vouchers.giveAway(1)) this.#tookTooMuch = true;
  }
}
