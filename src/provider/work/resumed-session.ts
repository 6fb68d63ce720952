import type { Random } from '../../base/random.ts';
import type { WorkDown, WorkUp } from '../../protocol/work.ts';
import type { AgreementView } from '../view.ts';
import { visitLater } from './late-visits.ts';
import { isSettling, SettlingDesk, type SettlingParts } from './settling/settling-desk.ts';
import { WorkStream } from './work-stream.ts';

/** Why an agreement ended that a closed tab left, as both sides read it. */
export const TAB_CLOSED = 'The tab of this provider was closed.';

/** What an agreement of a former tab is settled with. */
export interface ResumedSessionInit extends SettlingParts {
  readonly random: Random;
}

/**
 * An agreement that a closed tab left: no work is taken under it any more. Its requestor is visited, at once and some
 * times later, for the verdicts and the voucher that the former tab missed, and for the receipt.
 */
export class ResumedSession {
  readonly #init: ResumedSessionInit;
  readonly #settling: SettlingDesk;
  readonly #stream: WorkStream;

  constructor(init: ResumedSessionInit) {
    this.#init = init;
    this.#settling = new SettlingDesk({
      ...init,
      stream: () => this.#stream,
      onPaid: () => {},
      onFault: () => {}, // the last good voucher stays; there is nothing to end
    });
    this.#settling.end();
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
    return { ...this.#settling.view(), state: 'ended', endReason: TAB_CLOSED };
  }

  /** Visits until nothing is open, or the last visit has been made; then the books are forgotten. Never rejects. */
  async run(): Promise<void> {
    const { clock, books } = this.#init;
    const visit = () => this.#stream.visit();
    await visit().catch(() => {}); // out of reach now: a later visit may find it
    await visitLater(clock, () => books.isOpen || !this.#settling.hasReceipt, visit);
    await books.forget();
  }

  async #greet(send: (message: WorkUp) => Promise<void>): Promise<void> {
    await this.#settling.greet(send);
    await send({ type: 'drain', reason: TAB_CLOSED });
  }

  /** Takes what settles the past; there is no future. */
  async #receive(message: WorkDown): Promise<void> {
    const { books, vouchers, onChange } = this.#init;
    if (isSettling(message)) await this.#settling.settle(message);
    else {
      if (message.type === 'lease') books.leaseTooLate(message.tasks);
      else if (message.type === 'covered') await vouchers.takeCover(message);
      void books.save();
    }
    onChange();
  }
}
