import type { Clock } from '../../../base/time.ts';
import { taskPrice } from '../../../payment/costs/price.ts';
import { MAX_RECEIPTS_TAKEN, openAny } from '../../../payment/receipt/judge-receipt.ts';
import { type EndedBooks, receiptOf } from '../../../payment/receipt/receipt.ts';
import { type Envelope, seal } from '../../../protocol/envelope.ts';
import type { Identity, PeerId } from '../../../protocol/identity.ts';
import type { ReceiptShelf } from '../../../storage/receipt-shelf.ts';
import type { VoucherDesk } from '../../pay/voucher-desk.ts';
import type { RenewalDesk } from '../renewal-desk.ts';
import type { WorkBooks } from '../work-books.ts';

/** What the desk works with. */
export interface ReceiptDeskInit {
  readonly identity: Identity;
  readonly requestor: PeerId;
  readonly shelf: ReceiptShelf;
  readonly clock: Clock;
  readonly renewals: RenewalDesk;
  readonly books: WorkBooks;
  readonly vouchers: VoucherDesk;
  /** Says the own receipt, the last thing that there is to say. */
  readonly answer: (receipt: Envelope) => void;
}

/** Takes the requestor's receipt of one agreement once it has ended, and gives this provider's own. */
export class ReceiptDesk {
  readonly #init: ReceiptDeskInit;
  #taken = 0;
  #fault: string | undefined;
  #isOpen = false;
  /** It came before the agreement's end. */
  #early: Envelope | undefined;

  constructor(init: ReceiptDeskInit) {
    this.#init = init;
  }

  /** What is wrong with the newest receipt, for people; undefined when it is kept, or none came. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Has the requestor given one, right or wrong? */
  get hasCome(): boolean {
    return this.#taken > 0;
  }

  /** The agreement has ended: from now on receipts count. */
  end(): void {
    this.#isOpen = true;
    if (this.#early !== undefined) this.take(this.#early);
  }

  /** A receipt of the requestor came; some are answered, with the own one, which says what the own books say. */
  take(receipt: Envelope): void {
    if (!this.#isOpen) this.#early = receipt;
    else if (++this.#taken <= MAX_RECEIPTS_TAKEN) void this.#exchange(receipt);
  }

  /** Keeps the requestor's receipt if it agrees with the own books. Never rejects: nobody is kept waiting. */
  async #exchange(receipt: Envelope): Promise<void> {
    const { identity, requestor, shelf, answer } = this.#init;
    const said = (await openAny(receipt))?.message;
    const books = await this.#books(said?.agreement, said?.endedAt);
    const taken = await shelf.take(receipt, requestor, books);
    this.#fault = taken.fault;
    // How many of its leases came to nothing is the requestor's to say, within what was leased.
    const { lost } = taken.message ?? books;
    answer(seal(identity, 'kiln/receipt/1', await receiptOf({ ...books, lost })));
  }

  /** What was done and paid, once all vouchers so far are stored, and so is this. */
  async #books(asked: string | undefined, saidEndMs: number | undefined): Promise<EndedBooks> {
    const { renewals, vouchers, books } = this.#init;
    await renewals.settled();
    await vouchers.settled();
    await books.save();
    const { agreement, beganAtMs } = renewals;
    const digest = renewals.nameFor(asked);
    const { accepted, rejected } = books.verdicts;
    const due = taskPrice(agreement.pricePerUnit, agreement.microUnitsPerTask) * BigInt(accepted);
    return {
      ...{ digest, agreement, beganAtMs, accepted, rejected },
      endedAtMs: books.endOf(saidEndMs),
      lost: Math.max(0, books.leased - accepted - rejected),
      paid: vouchers.paidHere < due ? vouchers.paidHere : due,
      voucher: vouchers.newest,
    };
  }
}
