import type { Collection } from '../base/collection.ts';
import type { Clock } from '../base/time.ts';
import { judgeReceipt, type RefusedReceipt, surplusDisputes } from '../payment/receipt/judge-receipt.ts';
import { type EndedBooks, receiptKey, type ReceiptRecord } from '../payment/receipt/receipt.ts';
import type { Envelope } from '../protocol/envelope.ts';
import type { PeerId } from '../protocol/identity.ts';
import type { Receipt } from '../protocol/receipt.ts';

/** Where receipts lie. */
export interface ReceiptShelfInit {
  readonly receipts: Collection<ReceiptRecord>;
  /** Those that were not kept. */
  readonly disputes: Collection<RefusedReceipt>;
  readonly clock: Clock;
}

/** Receipts of counterparts: kept where they say what one's own books say, else remembered with the numbers of both. */
export class ReceiptShelf {
  readonly #init: ReceiptShelfInit;

  constructor(init: ReceiptShelfInit) {
    this.#init = init;
  }

  /**
   * Stores a receipt as what it is; resolves with what it says, or with what is wrong with it: with neither where this
   * device failed at it. Never rejects.
   */
  async take(
    receipt: Envelope,
    signer: PeerId,
    books: EndedBooks,
  ): Promise<{ readonly message?: Receipt; readonly fault?: string }> {
    const { receipts, disputes, clock } = this.#init;
    const key = receiptKey(signer, books.digest);
    try {
      const judged = await judgeReceipt(receipt, signer, books, clock.now());
      if (judged.kind === 'kept') {
        await receipts.put(key, judged.record);
        await disputes.delete(key);
        return { message: judged.record.message };
      }
      await disputes.put(key, judged.refused);
      for (const surplus of surplusDisputes(await disputes.entries())) await disputes.delete(surplus);
      return { fault: judged.refused.why };
    } catch (error) {
      console.error('A receipt could not be dealt with.', error);
      return {};
    }
  }
}
