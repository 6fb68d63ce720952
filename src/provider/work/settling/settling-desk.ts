import { type KilnError, toKilnError } from '../../../base/errors.ts';
import type { Clock } from '../../../base/time.ts';
import type { WorkDown, WorkUp } from '../../../protocol/work.ts';
import type { ReceiptShelf } from '../../../storage/receipt-shelf.ts';
import type { VoucherDesk } from '../../pay/voucher-desk.ts';
import type { PeerAddress, ProviderNetwork } from '../../slices.ts';
import type { AgreementView } from '../../view.ts';
import { ReceiptDesk } from './receipt-desk.ts';
import type { RenewalDesk } from '../renewal-desk.ts';
import type { WorkBooks } from '../work-books.ts';
import type { WorkStream } from '../work-stream.ts';

/** What an agreement is settled with, by the tab that works under it and by the next one. */
export interface SettlingParts {
  readonly books: WorkBooks;
  readonly renewals: RenewalDesk;
  readonly vouchers: VoucherDesk;
  readonly shelf: ReceiptShelf;
  readonly jobName: string;
  readonly requestor: PeerAddress;
  readonly network: ProviderNetwork;
  readonly clock: Clock;
  readonly onChange: () => void;
}

/** What the desk works with. */
export interface SettlingDeskInit extends SettlingParts {
  readonly stream: () => Pick<WorkStream, 'send' | 'close'>;
  /** A voucher is kept; was it sent under a name of this agreement? */
  readonly onPaid: (isOurs: boolean) => void;
  /** What came does not fit what was agreed. */
  readonly onFault: (error: KilnError) => void;
}

/** What is taken whether the agreement lasts or has ended. */
export type SettlingMessage = Extract<WorkDown, { type: 'voucher' | 'verdict' | 'receipt' }>;

/** Does a message settle what was done, rather than say what is to be done? */
export function isSettling(message: WorkDown): message is SettlingMessage {
  return message.type === 'voucher' || message.type === 'verdict' || message.type === 'receipt';
}

/** Settles what was done under one agreement, while it lasts and after its end: verdicts, vouchers, receipts. */
export class SettlingDesk {
  readonly #init: SettlingDeskInit;
  readonly #receipts: ReceiptDesk;

  constructor(init: SettlingDeskInit) {
    this.#init = init;
    const { network, requestor, stream, onChange } = init;
    this.#receipts = new ReceiptDesk({
      ...init,
      identity: network.identity,
      requestor: requestor.peer,
      answer: (receipt) => {
        stream().send({ type: 'receipt', receipt });
        stream().close();
        onChange();
      },
    });
  }

  /** Has the requestor given a receipt, right or wrong? */
  get hasReceipt(): boolean {
    return this.#receipts.hasCome;
  }

  /** The agreement has ended: from now on receipts count. */
  end(): void {
    this.#receipts.end();
  }

  /** What came of the agreement so far, as people see it. */
  view(): Omit<AgreementView, 'state' | 'endReason'> {
    const { renewals, jobName, books, vouchers } = this.#init;
    const { fault } = this.#receipts;
    return {
      ...renewals.subject,
      ...books.verdicts.counts,
      jobName,
      tasksDelivered: books.delivered,
      earned: vouchers.earned,
      ...(fault === undefined ? {} : { receiptFault: fault }),
    };
  }

  /** Begins a stream: the agreement by a name that the requestor has, and its renewal in case it got lost. */
  async greet(send: (message: WorkUp) => Promise<void>): Promise<void> {
    const { renewals, books } = this.#init;
    await send({ type: 'hello', agreement: renewals.greeting, leases: [...books.leases.leases] });
    const renewed = renewals.counterSignature;
    if (renewed !== undefined) await send({ type: 'renewed', agreement: renewed });
  }

  /** Verdicts count at once; resolves when a voucher has been looked at. Never rejects. */
  settle(message: SettlingMessage): Promise<void> {
    if (message.type === 'voucher') return this.#take(message);
    if (message.type === 'receipt') this.#receipts.take(message.receipt);
    else {
      const { books, onFault } = this.#init;
      const faults = message.entries.map((entry) => books.verdicts.settle(entry, entry.outcome));
      faults.forEach((fault) => fault && onFault(fault));
      void books.save();
    }
    return Promise.resolve();
  }

  /**
   * A voucher is money whatever agreement it is sent under: it is kept if it is good, as a plain statement of what is
   * promised. Only then is the wrong name held against the requestor.
   */
  async #take({ voucher, agreement, tasks }: Extract<WorkDown, { type: 'voucher' }>): Promise<void> {
    const { renewals, vouchers, books, onPaid, onFault } = this.#init;
    const isOurs = renewals.hear(agreement);
    try {
      await vouchers.take(voucher, isOurs ? tasks : 0);
      onPaid(isOurs);
    } catch (thrown) {
      onFault(toKilnError(thrown));
    }
    void books.save();
  }
}
