import { KilnError, toKilnError } from '../base/errors.ts';
import { Cell } from '../base/observable.ts';
import type { Clock } from '../base/time.ts';
import type { Address } from '../protocol/primitives.ts';
import type { PaymentSession } from '../requestor/slices.ts';
import type { PaymentTerms } from '../protocol/announce.ts';
import { AGREEMENT_LIFETIME_MS } from '../requestor/constants.ts';
import type { Collection } from '../base/collection.ts';
import type { Store } from '../storage/store.ts';
import type { WalletAccount } from '../wallet/account.ts';
import { type EmbeddedRecord, openEmbeddedWallet } from '../wallet/embedded-wallet.ts';
import { drawFromFaucet } from '../wallet/faucet.ts';
import { connectInjected } from '../wallet/injected-account.ts';
import { watchInjectedWallets } from '../wallet/injected-wallets.ts';
import { depositFor } from '../wallet/left-over.ts';
import { PoolReader } from '../wallet/pool-reader.ts';
import { thaw, withdraw } from '../wallet/pool-writer.ts';
import { redeem } from '../wallet/redeem.ts';
import { type KeySealer, openKeySealer } from '../wallet/sealed-key.ts';
import { openSession, resumeSession, type SessionRecord, type SessionStore } from '../wallet/session-key.ts';
import { VoucherWorker } from '../wallet/voucher-crypto.ts';
import { MAX_HISTORY_SHOWN, SESSION_MARGIN_MS, WALLET_REFRESH_MS } from './constants.ts';
import type { Kiln, NetworkConfig, WalletEvent, WalletView } from './kiln.ts';
import { VoucherBook } from './voucher-book.ts';

/** The wallet of this tab: one account, its money on chain, and the vouchers that it holds. */
export class WalletDesk implements AsyncDisposable {
  readonly reader: PoolReader;
  readonly #config: NetworkConfig['chain'];
  readonly #clock: Clock;
  readonly #embedded: Collection<EmbeddedRecord>;
  readonly #sessions: Collection<SessionRecord>;
  readonly #vouchers: VoucherBook;
  readonly #history: Collection<WalletEvent>;
  readonly #sealer: KeySealer;
  readonly #injected = watchInjectedWallets();
  readonly #view = new Cell<WalletView>({
    injected: [],
    tokenBalance: 0n,
    deposit: 0n,
    thawing: 0n,
    vouchers: [],
    history: [],
  });
  readonly #crypto = new VoucherWorker();
  #account: WalletAccount | undefined;
  #redeeming: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #cancelRefresh: (() => void) | undefined;

  private constructor(config: NetworkConfig['chain'], store: Store, clock: Clock, sealer: KeySealer) {
    this.#config = config;
    this.#clock = clock;
    this.#sealer = sealer;
    this.reader = new PoolReader(config, clock, this.#crypto);
    this.#embedded = store.collection('wallet');
    this.#sessions = store.collection('wallet');
    this.#vouchers = new VoucherBook(this.reader, store);
    this.#history = store.collection('history');
    this.#injected.wallets.subscribe((wallets) => {
      this.#view.set({
        ...this.#view.value,
        injected: wallets.map(({ id, name, icon }) => ({ id, name, icon })),
      });
    });
  }

  /** Opens the wallet with its embedded account; on a chain with a faucet a new account gets its first tokens. */
  static async open(config: NetworkConfig['chain'], store: Store, clock: Clock): Promise<WalletDesk> {
    const desk = new WalletDesk(config, store, clock, await openKeySealer(store.collection('wallet')));
    await desk.useEmbedded();
    return desk;
  }

  /** The surface that the pages use. */
  get api(): Kiln['wallet'] {
    return {
      view: this.#view,
      useEmbedded: () => this.useEmbedded(),
      useInjected: (id) => this.#useInjected(id),
      refresh: () => this.refresh(),
      faucet: () => this.#draw(),
      redeem: () => this.redeem(),
      thaw: (amount) => this.#thaw(amount),
      withdraw: () => this.#withdraw(),
    };
  }

  /** Address of the account in use. */
  get address(): Address {
    return this.#required().address;
  }

  async useEmbedded(): Promise<void> {
    const config = this.#config;
    const sealer = this.#sealer;
    this.#account = await openEmbeddedWallet({
      config,
      records: this.#embedded,
      sealer,
      nowMs: this.#clock.now(),
    });
    await this.refresh();
    const { tokenBalance, deposit, history, error } = this.#view.value;
    const isNew = error === undefined && tokenBalance === 0n && deposit === 0n && history.length === 0;
    if (this.#config.hasFaucet && isNew)
      await this.#draw().catch((thrown: unknown) => this.#complain(thrown));
  }

  /**
   * Funds a session key for a job's budget. Its vouchers draw on the deposit: on what earlier jobs left over, and on what
   * is deposited now. One at a time: two would count the same left-over money.
   *
   * @param promised all that each earlier session key will ever promise
   */
  async openSession(
    budget: bigint,
    promised: ReadonlyMap<string, bigint>,
    onStep: (step: string) => void,
  ): Promise<PaymentSession> {
    const account = this.#required();
    const { reader } = this;
    const { thawMs } = await reader.facts();
    const expiresAtMs = this.#clock.now() + AGREEMENT_LIFETIME_MS + thawMs + SESSION_MARGIN_MS;
    const deposit = await depositFor(reader, account.address, budget, this.#sessions, promised);
    const terms = { cap: budget, expiresAtMs, deposit };
    const session = await openSession(reader, account, this.#sessionStore, terms, { onStep });
    if (deposit > 0n) await this.#note('deposit', deposit, session.transaction ?? '');
    return session;
  }

  /** The session key of a job begun earlier. */
  reopenSession(terms: PaymentTerms): Promise<PaymentSession> {
    return resumeSession(this.#sessionStore, terms.sessionKey as Address);
  }

  get #sessionStore(): SessionStore {
    return { records: this.#sessions, sealer: this.#sealer, crypto: this.#crypto };
  }

  /** Redeems every voucher held that is worth anything; one redemption at a time. */
  redeem(): Promise<{ readonly paid: bigint; readonly transaction?: string }> {
    const turn = this.#redeeming.then(() => this.#redeemNow());
    this.#redeeming = turn.catch(() => {});
    return turn;
  }

  /** Is there a voucher that must be redeemed now? Only an embedded account is asked: another wallet would pop up. */
  async isRedemptionDue(): Promise<boolean> {
    if (this.#account?.kind !== 'embedded') return false;
    return this.#vouchers.isDue(this.#clock.now());
  }

  /** Reads balances and vouchers again; a chain out of reach is told in the view, not thrown. */
  async refresh(): Promise<void> {
    if (this.#isClosed) return;
    const account = this.#account;
    try {
      const [vouchers, history] = await Promise.all([this.#vouchers.views(), this.#pastEvents()]);
      const shown =
        account === undefined
          ? {}
          : { account: { address: account.address, kind: account.kind, name: account.name } };
      const { error: _gone, thawEndsAtMs: _old, ...kept } = this.#view.value;
      this.#view.set({ ...kept, ...shown, vouchers, history });
      if (account === undefined) return;
      const [tokenBalance, deposit] = await Promise.all([
        this.reader.tokenBalance(account.address),
        this.reader.deposit(account.address),
      ]);
      const { thawing, thawEndsAtMs } = deposit;
      this.#view.set({
        ...this.#view.value,
        tokenBalance,
        deposit: deposit.balance,
        thawing,
        ...(thawEndsAtMs === undefined ? {} : { thawEndsAtMs }),
      });
    } catch (thrown) {
      this.#complain(thrown);
    }
  }

  /** Reads everything again in a moment; many calls are one. */
  refreshSoon(): void {
    this.#cancelRefresh ??= this.#clock.after(WALLET_REFRESH_MS, () => {
      this.#cancelRefresh = undefined;
      void this.refresh();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#crypto[Symbol.dispose]();
    this.#isClosed = true;
    this.#cancelRefresh?.();
    this.#injected.stop();
    await this.#redeeming;
  }

  async #useInjected(id: string): Promise<void> {
    const wallet = this.#injected.wallets.value.find((one) => one.id === id);
    if (wallet === undefined) {
      throw new KilnError('wallet/unknown', 'This wallet is not offered by the browser any more.', {
        hint: 'Reload the page.',
      });
    }
    this.#account = await connectInjected(wallet, this.#config);
    await this.refresh();
  }

  async #draw(): Promise<void> {
    const { amount, transaction } = await drawFromFaucet(this.reader, this.#required());
    await this.#note('faucet', amount, transaction);
  }

  async #thaw(amount: bigint): Promise<void> {
    const { transaction } = await thaw(this.reader, this.#required(), amount);
    await this.#note('thaw', amount, transaction);
  }

  async #withdraw(): Promise<void> {
    const { amount, transaction } = await withdraw(this.reader, this.#required());
    await this.#note('withdraw', amount, transaction);
  }

  async #redeemNow(): Promise<{ paid: bigint; transaction?: string }> {
    const records = await this.#vouchers.home();
    const { paid, rows, transactions, failure } = await redeem(
      this.reader,
      this.#required(),
      records.map(([, { voucher }]) => voucher),
    );
    const keys = records.map(([key]) => key);
    await this.#vouchers.note(keys, rows, this.#clock.now());
    const transaction = transactions[0];
    if (paid > 0n) await this.#note('redeem', paid, transaction ?? '');
    else await this.refresh();
    if (failure !== undefined) throw failure;
    return { paid, ...(transaction === undefined ? {} : { transaction }) };
  }

  async #pastEvents(): Promise<WalletEvent[]> {
    const events = (await this.#history.entries(`${this.#config.id}/`)).map(([, event]) => event);
    return events.reverse().slice(0, MAX_HISTORY_SHOWN);
  }

  async #note(kind: WalletEvent['kind'], amount: bigint, transaction: string): Promise<void> {
    const atMs = this.#clock.now();
    await this.#history.put(`${this.#config.id}/${atMs.toString().padStart(15, '0')}/${kind}`, {
      kind,
      amount,
      transaction,
      atMs,
    });
    await this.refresh();
  }

  #complain(thrown: unknown): void {
    const { message, hint } = toKilnError(thrown);
    this.#view.set({ ...this.#view.value, error: hint === undefined ? message : `${message} ${hint}` });
  }

  #required(): WalletAccount {
    if (this.#account !== undefined) return this.#account;
    throw new KilnError('wallet/no-account', 'No account is connected.', {
      hint: 'Choose an account on the Wallet page.',
    });
  }
}
