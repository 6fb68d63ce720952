import type { Collection } from '../../base/collection.ts';
import { toKilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import { taskPrice } from '../../payment/costs/price.ts';
import {
  type EndedBooks,
  openReceipt,
  receiptKey,
  receiptOf,
  type ReceiptRecord,
} from '../../payment/receipt/receipt.ts';
import { MAX_NEGOTIATE_FRAME_BYTES } from '../../protocol/constants.ts';
import { type Envelope, open, seal } from '../../protocol/envelope.ts';
import type { Identity, PeerId } from '../../protocol/identity.ts';
import { type Receipt, receiptSchema } from '../../protocol/receipt.ts';
import { MAX_RECEIPTS_TAKEN } from '../constants.ts';
import type { VoucherDesk } from '../pay/voucher-desk.ts';
import type { RenewalDesk } from './renewal-desk.ts';
import type { VerdictDesk } from './verdict-desk.ts';

/** What the desk works with. */
export interface ReceiptDeskInit {
  readonly identity: Identity;
  readonly requestor: PeerId;
  readonly receipts: Collection<ReceiptRecord>;
  readonly clock: Clock;
  readonly renewals: RenewalDesk;
  readonly verdicts: VerdictDesk;
  readonly vouchers: VoucherDesk;
  /** Tasks leased so far. */
  readonly leased: () => number;
  /** Says the own receipt, the last thing that there is to say. */
  readonly answer: (receipt: Envelope) => void;
}

/** Takes the requestor's receipt of one agreement once it has ended, and gives this provider's own. */
export class ReceiptDesk {
  readonly #init: ReceiptDeskInit;
  #taken = 0;
  #fault: string | undefined;
  #endedAtMs: number | undefined;
  /** It came before the agreement's end. */
  #early: Envelope | undefined;

  constructor(init: ReceiptDeskInit) {
    this.#init = init;
  }

  /** What is wrong with the newest receipt, for people; undefined when it is kept, or none came. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** The agreement has ended: from now on receipts count. */
  end(): void {
    this.#endedAtMs = this.#init.clock.now();
    if (this.#early !== undefined) void this.#exchange(this.#early);
  }

  /** A receipt of the requestor came; some are answered, with the own one, which says what the own books say. */
  take(receipt: Envelope): void {
    if (this.#endedAtMs === undefined) this.#early = receipt;
    else if (++this.#taken <= MAX_RECEIPTS_TAKEN) void this.#exchange(receipt);
  }

  /** Keeps the requestor's receipt if it agrees with the own books. Never rejects: nobody is kept waiting. */
  async #exchange(receipt: Envelope): Promise<void> {
    const { identity, requestor, receipts, clock, answer } = this.#init;
    const { agreement } = await openAny(receipt);
    let books = await this.#books(agreement);
    try {
      const message = await openReceipt(receipt, requestor, books);
      const receivedAtMs = clock.now();
      await receipts.put(receiptKey(requestor, books.digest), { receipt, message, receivedAtMs });
      // How many of its leases came to nothing is the requestor's to say, within what was leased.
      books = { ...books, lost: message.lost };
      this.#fault = undefined;
    } catch (error) {
      this.#fault = toKilnError(error).message;
    }
    answer(seal(identity, 'kiln/receipt/1', await receiptOf(books)));
  }

  /** What was done and paid, once all vouchers so far are stored. */
  async #books(asked: string | undefined): Promise<EndedBooks> {
    const { renewals, vouchers, verdicts, clock, leased } = this.#init;
    await renewals.settled();
    await vouchers.settled();
    const { agreement, beganAtMs } = renewals;
    const digest = renewals.nameFor(asked);
    const { accepted, rejected } = verdicts;
    const due = taskPrice(agreement.pricePerUnit, agreement.microUnitsPerTask) * BigInt(accepted);
    return {
      ...{ digest, agreement, beganAtMs, accepted, rejected },
      endedAtMs: this.#endedAtMs ?? clock.now(),
      lost: Math.max(0, leased() - accepted - rejected),
      paid: vouchers.paidHere < due ? vouchers.paidHere : due,
      voucher: vouchers.newest,
    };
  }
}

/** What a receipt says, by whomever; nothing when it says nothing. */
async function openAny(receipt: Envelope): Promise<Partial<Receipt>> {
  const opened = open(receipt, 'kiln/receipt/1', receiptSchema, MAX_NEGOTIATE_FRAME_BYTES);
  return opened.then(
    ({ message }) => message,
    () => ({}),
  );
}
