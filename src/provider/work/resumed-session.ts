import type { Random } from '../../base/random.ts';
import type { Clock } from '../../base/time.ts';
import type { WorkDown, WorkUp } from '../../protocol/work.ts';
import type { ReceiptShelf } from '../../storage/receipt-shelf.ts';
import type { VoucherDesk } from '../pay/voucher-desk.ts';
import type { PeerAddress, ProviderNetwork } from '../slices.ts';
import type { AgreementView } from '../view.ts';
import { visitLater } from './late-visits.ts';
import { ReceiptDesk } from './receipt-desk.ts';
import type { RenewalDesk } from './renewal-desk.ts';
import type { WorkBooks } from './work-books.ts';
import { WorkStream } from './work-stream.ts';

/** Why an agreement ended that a closed tab left, as both sides read it. */
export const TAB_CLOSED = 'The tab of this provider was closed.';

/** What an agreement of a former tab is settled with. */
export interface ResumedSessionInit {
  readonly books: WorkBooks;
  readonly renewals: RenewalDesk;
  readonly vouchers: VoucherDesk;
  readonly shelf: ReceiptShelf;
  readonly jobName: string;
  readonly requestor: PeerAddress;
  readonly network: ProviderNetwork;
  readonly clock: Clock;
  readonly random: Random;
  readonly onChange: () => void;
}

/**
 * An agreement that a closed tab left: no work is taken under it any more. Its requestor is visited, at once and some
 * times later, for the verdicts and the voucher that the former tab missed, and for the receipt.
 */
export class ResumedSession {
  readonly #init: ResumedSessionInit;
  readonly #receipts: ReceiptDesk;
  readonly #stream: WorkStream;

  constructor(init: ResumedSessionInit) {
    this.#init = init;
    const { network, requestor } = init;
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
    this.#receipts.end();
    this.#stream = new WorkStream({
      ...init,
      ending: AbortSignal.abort(),
      greet: (send) => this.#greet(send),
      receive: (message) => void this.#receive(message),
      onState: () => {},
      onLost: () => {},
    });
  }

  view(): AgreementView {
    const { renewals, jobName, books, vouchers } = this.#init;
    const { fault } = this.#receipts;
    return {
      ...renewals.subject,
      ...books.verdicts.counts,
      jobName,
      state: 'ended',
      tasksDelivered: books.delivered,
      earned: vouchers.earned,
      endReason: TAB_CLOSED,
      ...(fault === undefined ? {} : { receiptFault: fault }),
    };
  }

  /** Visits until nothing is open, or the last visit has been made; then the books are forgotten. Never rejects. */
  async run(): Promise<void> {
    const { clock, books } = this.#init;
    const visit = () => this.#stream.visit();
    await visit().catch(() => {}); // out of reach now: a later visit may find it
    await visitLater(clock, () => books.isOpen || !this.#receipts.hasCome, visit);
    await books.forget();
  }

  async #greet(send: (message: WorkUp) => Promise<void>): Promise<void> {
    const { renewals, books } = this.#init;
    await send({ type: 'hello', agreement: renewals.greeting, leases: [...books.leases.leases] });
    const renewed = renewals.counterSignature;
    if (renewed !== undefined) await send({ type: 'renewed', agreement: renewed });
    await send({ type: 'drain', reason: TAB_CLOSED });
  }

  /** Takes what settles the past; there is no future. */
  async #receive(message: WorkDown): Promise<void> {
    const { books, vouchers, renewals, onChange } = this.#init;
    if (message.type === 'receipt') this.#receipts.take(message.receipt);
    else if (message.type === 'lease') books.leaseTooLate(message.tasks);
    else if (message.type === 'verdict') {
      for (const entry of message.entries) books.verdicts.settle(entry, entry.outcome);
    } else if (message.type === 'voucher') {
      const tasks = renewals.hear(message.agreement) ? message.tasks : 0;
      await vouchers.take(message.voucher, tasks).catch(() => {}); // the last good one stays
    } else if (message.type === 'covered') await vouchers.takeCover(message);
    void books.save();
    onChange();
  }
}
