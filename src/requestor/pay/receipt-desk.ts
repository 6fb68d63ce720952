import { type Clock, within } from '../../base/time.ts';
import { MAX_RECEIPTS_TAKEN } from '../../payment/receipt/judge-receipt.ts';
import { type EndedBooks, receiptOf } from '../../payment/receipt/receipt.ts';
import { MAX_TASKS_PER_LEASE } from '../../protocol/constants.ts';
import { type Envelope, seal } from '../../protocol/envelope.ts';
import type { Identity } from '../../protocol/identity.ts';
import type { RequestorWorkChannel, SignedVoucher, WorkUp } from '../../protocol/work.ts';
import type { ReceiptShelf } from '../../storage/receipt-shelf.ts';
import { LAST_WORDS_MS } from '../constants.ts';
import type { ProviderLink } from '../seats/provider-link.ts';
import { ENDED, statement } from './last-voucher.ts';
import type { Paymaster } from './paymaster.ts';

/** What the desk works with. */
export interface ReceiptDeskInit {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly shelf: ReceiptShelf;
  readonly paymaster: Pick<Paymaster, 'settled'>;
}

/** Gives every provider a receipt when its agreement ends, and keeps the one that it signs in return. */
export class ReceiptDesk {
  readonly #init: ReceiptDeskInit;
  readonly #taken = new WeakMap<ProviderLink, number>();

  constructor(init: ReceiptDeskInit) {
    this.#init = init;
  }

  /**
   * The last words on the stream of an agreement that has ended: the receipt, once what is owed is paid. The stream
   * closes when the provider has given its own, and after some seconds in any case. Never rejects.
   */
  async farewell(link: ProviderLink): Promise<void> {
    if (!link.isAttached) return;
    await this.#init.paymaster.settled();
    const receipt = await this.#receipt(link).catch(() => undefined);
    if (receipt === undefined) link.close();
    else link.send({ type: 'receipt', receipt });
  }

  /**
   * The same for a provider that comes back after the end: the verdicts that it missed, the balance (`voucher`), the
   * receipt. Resolves when it has answered, or has had its time.
   */
  async meet(
    link: ProviderLink,
    voucher: SignedVoucher | undefined,
    channel: RequestorWorkChannel,
    messages: AsyncIterator<WorkUp>,
    leases: readonly string[],
  ): Promise<void> {
    // A tab that was closed may have been told and not have heard: it names the leases that it knows no verdict of.
    const missed = [...link.told.about(new Set(leases)), ...link.told.again];
    for (let i = 0; i < missed.length; i += MAX_TASKS_PER_LEASE)
      await channel.send({ type: 'verdict', entries: missed.slice(i, i + MAX_TASKS_PER_LEASE) });
    if (voucher !== undefined) await channel.send(statement(link.digest, voucher));
    await channel.send({ type: 'drain', reason: ENDED });
    link.lastVoucher = voucher ?? link.lastVoucher;
    const receipt = await this.#receipt(link);
    if (receipt === undefined) return;
    await channel.send({ type: 'receipt', receipt });
    await within(this.#init.clock, LAST_WORDS_MS, undefined, async (signal) => {
      for (let next = await messages.next(); !signal.aborted && next.done !== true;) {
        if (next.value.type === 'receipt') return this.take(link, next.value.receipt);
        next = await messages.next();
      }
    }).catch(() => {}); // who does not answer in time gives no receipt
  }

  /** A provider's receipt: kept when it says what this requestor's books say, else remembered as refused. Never rejects. */
  async take(link: ProviderLink, receipt: Envelope): Promise<void> {
    const count = (this.#taken.get(link) ?? 0) + 1;
    this.#taken.set(link, count);
    if (!link.isEnded || count > MAX_RECEIPTS_TAKEN) return;
    const { fault } = await this.#init.shelf.take(receipt, link.peer, booksOf(link));
    link.receiptFault = fault;
    link.close();
  }

  /** This requestor's receipt; undefined where nothing came of the agreement. */
  async #receipt(link: ProviderLink): Promise<Envelope | undefined> {
    const books = booksOf(link);
    if (books.accepted + books.rejected + books.lost === 0) return undefined;
    return seal(this.#init.identity, 'kiln/receipt/1', await receiptOf(books));
  }
}

function booksOf(link: ProviderLink): EndedBooks {
  const { digest, agreement, beganAtMs, tasksPaid, owedTasks, rejectedTasks, lostTasks, paid } = link;
  return {
    ...{ digest, agreement, beganAtMs, paid },
    endedAtMs: link.endedAtMs ?? beganAtMs,
    accepted: tasksPaid + owedTasks,
    rejected: rejectedTasks,
    lost: lostTasks,
    voucher: link.lastVoucher,
  };
}
