import type { Clock } from '../../base/time.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import type { WalletAccount } from '../../wallet/account/account.ts';
import { drawFromFaucet } from '../../wallet/chain/faucet.ts';
import { narrate } from '../../wallet/account/narrate.ts';
import type { PoolReader } from '../../wallet/pool/pool-reader.ts';
import { deposit, revokeSession, thaw, withdraw } from '../../wallet/pool/pool-writer.ts';
import { redeemRows } from '../../wallet/voucher/redeem.ts';
import type { AccountDesk } from './account-desk.ts';
import { redeemableRows, resultOf } from './redemption/covered-rows.ts';
import type { VoucherBook } from './voucher-book.ts';
import type { WalletJournal } from './wallet-journal.ts';
import type { WalletEvent } from './wallet-view.ts';

type StepListener = ((step: string) => void) | undefined;

/** What {@link WalletActions} works with. */
interface WalletActionsInit {
  readonly reader: PoolReader;
  readonly accounts: AccountDesk;
  readonly journal: WalletJournal;
  readonly vouchers: VoucherBook;
  readonly clock: Clock;
  readonly refresh: () => Promise<void>;
}

/** What a person does with the account's money: each is told step by step, and written down as soon as it is sent. */
export class WalletActions {
  readonly #with: WalletActionsInit;

  constructor(init: WalletActionsInit) {
    this.#with = init;
  }

  async faucet(onStep?: StepListener): Promise<void> {
    const { reader } = this.#with;
    const told = this.narrated('faucet', 0n, onStep);
    const { amount, transaction } = await drawFromFaucet(reader, told);
    await this.noteDone(told, 'faucet', amount, transaction);
  }

  async deposit(amount: bigint, onStep?: StepListener): Promise<void> {
    const told = this.narrated('deposit', amount, onStep);
    const { transaction } = await deposit(this.#with.reader, told, amount, steps(onStep));
    await this.noteDone(told, 'deposit', amount, transaction);
  }

  async revoke(sessionKey: Address, onStep?: StepListener): Promise<void> {
    const told = this.narrated('revoke', 0n, onStep);
    const { transaction } = await revokeSession(this.#with.reader, told, sessionKey, steps(onStep));
    await this.noteDone(told, 'revoke', 0n, transaction);
  }

  async thaw(amount: bigint, onStep?: StepListener): Promise<void> {
    const told = this.narrated('thaw', amount, onStep);
    const { transaction } = await thaw(this.#with.reader, told, amount, steps(onStep));
    await this.noteDone(told, 'thaw', amount, transaction);
  }

  async withdraw(onStep?: StepListener): Promise<void> {
    const { reader, accounts } = this.#with;
    const { thawing } = await reader.deposit(accounts.required.address);
    const told = this.narrated('withdraw', thawing, onStep);
    const { amount, transaction } = await withdraw(reader, told, told.address, steps(onStep));
    await this.noteDone(told, 'withdraw', amount, transaction);
  }

  async redeem(onStep?: StepListener): Promise<{ paid: bigint; transaction?: string }> {
    const { reader, vouchers, clock } = this.#with;
    const records = await vouchers.home();
    const held = records.flatMap(([, record]) => redeemableRows(record));
    // What each transaction pays is known once a block has it.
    const told = this.narrated('redeem', 0n, onStep);
    const { paid, rows, transactions, failure } = await redeemRows(reader, told, held, steps(onStep));
    const keys = records.map(([key]) => key);
    await vouchers.note(
      keys,
      records.map(([, record]) => resultOf(record, rows)),
      clock.now(),
    );
    const transaction = transactions[0];
    if (paid > 0n) await this.noteDone(told, 'redeem', paid, transaction);
    else await this.#with.refresh();
    if (failure !== undefined) throw failure;
    return { paid, ...(transaction === undefined ? {} : { transaction }) };
  }

  /** The account in use; its transactions are told, and those to the contract that matters are written down as pending. */
  narrated(kind: WalletEvent['kind'], amount: bigint, onStep: StepListener): WalletAccount {
    const { reader, accounts, journal, refresh } = this.#with;
    const account = accounts.required;
    const target = kind === 'faucet' ? reader.config.token : reader.config.pool;
    return narrate(account, {
      ...steps(onStep),
      async onSent(transaction, { to }) {
        if (!isSameAddress(to, target)) return;
        await journal.note({ kind, amount, transaction, account: account.address, state: 'pending' });
        void refresh();
      },
    });
  }

  /** Writes down what a block has taken, and shows it. */
  async noteDone(
    by: WalletAccount,
    kind: WalletEvent['kind'],
    amount: bigint,
    transaction: string | undefined,
  ): Promise<void> {
    const { journal, refresh } = this.#with;
    await journal.note({ kind, amount, transaction: transaction ?? '', account: by.address });
    await refresh();
  }
}

function steps(onStep: StepListener): { readonly onStep?: (step: string) => void } {
  return onStep === undefined ? {} : { onStep };
}
