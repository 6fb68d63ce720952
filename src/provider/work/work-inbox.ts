import { KilnError, toKilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import type { WorkDown, WorkUp } from '../../protocol/work.ts';
import type { VoucherDesk } from '../pay/voucher-desk.ts';
import type { RenewalDesk } from './renewal-desk.ts';
import { isSettling, type SettlingDesk, type SettlingMessage } from './settling/settling-desk.ts';
import type { TaskPump } from './task-pump.ts';
import type { WorkBooks } from './work-books.ts';

/** What the inbox works with. */
export interface WorkInboxInit {
  readonly renewals: RenewalDesk;
  readonly books: WorkBooks;
  readonly vouchers: VoucherDesk;
  readonly settling: SettlingDesk;
  readonly pump: TaskPump;
  readonly clock: Clock;
  readonly isEnded: () => boolean;
  readonly send: (message: WorkUp) => void;
  readonly end: (reason: string) => void;
  readonly onHolders: (peers: readonly string[]) => void;
  readonly onFault: (error: KilnError) => void;
  readonly onChange: () => void;
}

/** What each message of the requestor does while a tab works under its agreement. */
export class WorkInbox {
  readonly #init: WorkInboxInit;

  constructor(init: WorkInboxInit) {
    this.#init = init;
  }

  /** Never waits, so that what follows a voucher is heard while it is checked. */
  receive(message: WorkDown): void {
    const { books, settling, pump, isEnded, onFault, onChange } = this.#init;
    if (isSettling(message)) void settling.settle(message);
    else if (isEnded()) {
      if (message.type === 'lease') books.leaseTooLate(message.tasks);
    } else {
      try {
        this.#follow(message);
      } catch (thrown) {
        onFault(toKilnError(thrown));
      }
    }
    pump.pump();
    onChange();
  }

  #follow(message: Exclude<WorkDown, SettlingMessage>): void {
    const { books, vouchers, pump, end } = this.#init;
    switch (message.type) {
      case 'lease':
        return this.#takeLease(message);
      case 'reveal':
        return void pump.reveal(message.lease, message.tasks, message.withBytes, (tasks) => {
          books.deliver(tasks);
          return books.save();
        });
      case 'cancel':
        return message.leases.forEach((lease) => vouchers.giveAway(pump.cancel(lease)));
      case 'covered':
        void vouchers.takeCover(message).then(() => pump.pump());
        return;
      case 'renewal':
        return void this.#renew(message.agreement);
      case 'drain':
        return end(message.reason);
    }
  }

  #takeLease({ lease, tasks, holders }: Extract<WorkDown, { type: 'lease' }>): void {
    const { clock, renewals, books, onHolders } = this.#init;
    if (clock.now() >= renewals.agreement.expiresAt)
      throw new KilnError('work/expired', 'The agreement has expired: no lease is taken under it.');
    onHolders(holders);
    books.lease(lease, tasks);
  }

  /** Both sides have stored a renewal before anything is done under it: this one before it answers. */
  async #renew(envelope: Envelope): Promise<void> {
    const { renewals, books, isEnded, send, onFault, onChange } = this.#init;
    try {
      const renewed = await renewals.take(envelope);
      await books.save();
      if (renewed !== undefined && !isEnded()) send({ type: 'renewed', agreement: renewed });
      onChange();
    } catch (thrown) {
      onFault(toKilnError(thrown));
    }
  }
}
