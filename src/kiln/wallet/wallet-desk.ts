import { toKilnError } from '../../base/errors.ts';
import { Cell } from '../../base/observable.ts';
import type { Clock } from '../../base/time.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { PaymentSession } from '../../requestor/slices.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import type { VoucherRecord } from '../../provider/records.ts';
import { AGREEMENT_LIFETIME_MS } from '../../requestor/constants.ts';
import type { Collection } from '../../base/collection.ts';
import type { Store } from '../../storage/store.ts';
import { Turns, type WalletAccount } from '../../wallet/account/account.ts';
import { nativeCoin } from '../../wallet/chain/chain.ts';
import type { PostedTree } from '../../wallet/pool/cover-payees.ts';
import { depositFor } from '../../wallet/session/left-over.ts';
import { PoolReader } from '../../wallet/pool/pool-reader.ts';
import { type KeySealer, openKeySealer } from '../../wallet/account/sealed-key.ts';
import {
  openSession,
  resumeSession,
  type SessionRecord,
  type SessionStore,
} from '../../wallet/session/session-key.ts';
import { VoucherWorker } from '../../wallet/voucher/voucher-crypto.ts';
import { AccountDesk } from './account-desk.ts';
import { SESSION_MARGIN_MS, WALLET_REFRESH_MS } from '../constants.ts';
import type { Kiln, NetworkConfig } from '../kiln.ts';
import { VoucherBook } from './voucher-book.ts';
import { WalletActions } from './wallet-actions.ts';
import { WalletFigures } from './wallet-figures.ts';
import { WalletJournal } from './wallet-journal.ts';
import type { VoucherView, WalletView } from './wallet-view.ts';

const NOTHING = {
  injected: [],
  tokenBalance: 0n,
  deposit: 0n,
  locked: 0n,
  thawing: 0n,
  sessions: [],
  vouchers: [],
  history: [],
} satisfies Partial<WalletView>;

/** The wallet of this tab: one account, its money on chain, and the vouchers that it holds. */
export class WalletDesk implements AsyncDisposable {
  readonly reader: PoolReader;
  /** The collateral that this browser posted. */
  readonly posted: Collection<PostedTree>;
  readonly #vouchers: VoucherBook;
  readonly #clock: Clock;
  readonly #accounts: AccountDesk;
  readonly #actions: WalletActions;
  readonly #journal: WalletJournal;
  readonly #sessions: Collection<SessionRecord>;
  readonly #sealer: KeySealer;
  readonly #figures: WalletFigures;
  readonly #view: Cell<WalletView>;
  readonly #empty: WalletView;
  readonly #crypto = new VoucherWorker();
  /** One at a time: two would count the same left-over money, and overwrite each other's approval. */
  readonly #fundings = new Turns();
  readonly #redemptions = new Turns();
  #refreshes = 0;
  #isClosed = false;
  #cancelRefresh: (() => void) | undefined;

  private constructor(config: NetworkConfig['chain'], store: Store, clock: Clock, sealer: KeySealer) {
    this.#view = new Cell<WalletView>({ ...NOTHING, nativeSymbol: nativeCoin(config.id).symbol });
    this.#empty = this.#view.value;
    this.#clock = clock;
    this.#sealer = sealer;
    this.reader = new PoolReader(config, clock, this.#crypto);
    this.posted = store.collection('wallet');
    this.#sessions = store.collection('wallet');
    this.#vouchers = new VoucherBook(this.reader, store);
    this.#journal = new WalletJournal(this.reader, store, clock);
    this.#figures = new WalletFigures({
      reader: this.reader,
      vouchers: this.#vouchers,
      journal: this.#journal,
      sessions: this.#sessions,
      clock,
    });
    const onChanged = () => void this.refresh();
    this.#accounts = new AccountDesk({ config, store, sealer, clock, onChanged });
    this.#actions = new WalletActions({
      reader: this.reader,
      accounts: this.#accounts,
      journal: this.#journal,
      vouchers: this.#vouchers,
      clock,
      refresh: () => this.refresh(),
    });
  }

  /** Opens the wallet with its embedded account; on a chain with a faucet a new account gets its first tokens. */
  static async open(config: NetworkConfig['chain'], store: Store, clock: Clock): Promise<WalletDesk> {
    const desk = new WalletDesk(config, store, clock, await openKeySealer(store.collection('wallet')));
    await desk.#accounts.start();
    await desk.#welcome();
    return desk;
  }

  /** The surface that the pages use. */
  get api(): Kiln['wallet'] {
    const [accounts, actions] = [this.#accounts, this.#actions];
    const then = (work: Promise<void>) => work.finally(() => this.refresh());
    return {
      view: this.#view,
      useEmbedded: async () => {
        await accounts.useEmbedded();
        await this.#welcome();
      },
      useKept: (address) => then(accounts.useKept(address)),
      useInjected: (id) => then(accounts.useInjected(id)),
      switchChain: () => then(accounts.switchChain()),
      exportEmbedded: (passphrase, options) => accounts.exportEmbedded(passphrase, options),
      importEmbedded: (text, passphrase, options) => then(accounts.importEmbedded(text, passphrase, options)),
      refresh: () => this.refresh(),
      faucet: (onStep) => actions.faucet(onStep),
      redeem: (onStep) => this.redeem(onStep),
      deposit: (amount, onStep) => this.#fundings.take(() => actions.deposit(amount, onStep)),
      revoke: (sessionKey, onStep) => actions.revoke(sessionKey, onStep),
      thaw: (amount, onStep) => actions.thaw(amount, onStep),
      withdraw: (onStep) => actions.withdraw(onStep),
    };
  }

  /** The account in use; throws `wallet/no-account`. */
  get account(): WalletAccount {
    return this.#accounts.required;
  }

  /** The newest vouchers held for this chain and pool. */
  async heldVouchers(): Promise<VoucherRecord[]> {
    return (await this.#vouchers.home()).map(([, record]) => record);
  }

  /** Address of the account in use. */
  get address(): Address {
    return this.#accounts.required.address;
  }

  /**
   * Funds a session key for a job's budget. Its vouchers draw on the deposit: on what earlier jobs left over, and on what
   * is deposited now.
   *
   * @param promised all that each earlier session key will ever promise
   */
  openSession(
    budget: bigint,
    promised: ReadonlyMap<string, bigint>,
    onStep: (step: string) => void,
  ): Promise<PaymentSession> {
    return this.#fundings.take(async () => {
      const account = this.#accounts.required;
      const { reader } = this;
      const { thawMs } = await reader.facts();
      const expiresAtMs = this.#clock.now() + AGREEMENT_LIFETIME_MS + thawMs + SESSION_MARGIN_MS;
      const deposit = await depositFor(reader, account.address, budget, this.#sessions, promised);
      const terms = { cap: budget, expiresAtMs, deposit };
      const kind = deposit > 0n ? 'deposit' : 'authorize';
      const told = this.#actions.narrated(kind, deposit, onStep);
      const session = await openSession(reader, told, this.#sessionStore, terms, { onStep });
      await this.#actions.noteDone(told, kind, deposit, session.transaction);
      return session;
    });
  }

  /** The session key of a job begun earlier. */
  reopenSession(terms: PaymentTerms): Promise<PaymentSession> {
    return resumeSession(this.#sessionStore, terms.sessionKey as Address);
  }

  /** Redeems every voucher held that is worth anything; one redemption at a time. */
  redeem(onStep?: (step: string) => void): Promise<{ readonly paid: bigint; readonly transaction?: string }> {
    return this.#redemptions.take(() => this.#actions.redeem(onStep));
  }

  /** Is there a voucher that must be redeemed now? Only an embedded account is asked: another wallet would pop up. */
  async isRedemptionDue(): Promise<boolean> {
    if (this.#accounts.current?.kind !== 'embedded') return false;
    return this.#vouchers.isDue(this.#clock.now());
  }

  /** Reads everything again; a chain out of reach is told in the view, not thrown. Of several calls the newest wins. */
  async refresh(): Promise<void> {
    const turn = ++this.#refreshes;
    const isNewest = () => turn === this.#refreshes && !this.#isClosed;
    if (!isNewest()) return;
    try {
      const [account, vouchers, history] = await Promise.all([
        this.#accounts.view(),
        this.#vouchers.views(),
        this.#journal.list(this.#accounts.current?.address),
      ]);
      if (!isNewest()) return;
      const before = this.#view.value;
      const isSame = account?.address === before.account?.address;
      const { account: _before, error: _gone, ...known } = isSame ? before : this.#empty;
      const shown = {
        ...known,
        injected: this.#accounts.offered,
        vouchers: withKnownCover(vouchers, before.vouchers),
        history,
      };
      this.#view.set(account === undefined ? shown : { ...shown, account });
      if (account === undefined) return;
      const figures = await this.#figures.read(account.address);
      if (!isNewest()) return;
      const { thawEndsAtMs: _old, error: _told, ...rest } = this.#view.value;
      this.#view.set({ ...rest, ...figures });
    } catch (thrown) {
      if (isNewest()) this.#complain(thrown);
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
    this.#accounts[Symbol.dispose]();
    await this.#redemptions.take(async () => {});
  }

  /** A new account on a chain with a faucet gets its first tokens. */
  async #welcome(): Promise<void> {
    await this.refresh();
    if (!this.reader.config.hasFaucet) return;
    const account = this.#accounts.required;
    try {
      const [tokens, { balance }] = await Promise.all([
        this.reader.tokenBalance(account.address),
        this.reader.deposit(account.address),
      ]);
      const isNew = tokens === 0n && balance === 0n && this.#view.value.history.length === 0;
      if (isNew && account.kind === 'embedded') await this.#actions.faucet();
    } catch (thrown) {
      this.#complain(thrown);
    }
  }

  get #sessionStore(): SessionStore {
    return { records: this.#sessions, sealer: this.#sealer, crypto: this.#crypto };
  }

  #complain(thrown: unknown): void {
    const { message, hint } = toKilnError(thrown);
    this.#view.set({ ...this.#view.value, error: hint === undefined ? message : `${message} ${hint}` });
  }
}

/** What the chain said of a voucher holds until it is asked again, or until a newer voucher came. */
function withKnownCover(vouchers: readonly VoucherView[], known: readonly VoucherView[]): VoucherView[] {
  return vouchers.map((voucher) => {
    const same = known.find(({ key, amount, redeemed }) => {
      return key === voucher.key && amount === voucher.amount && redeemed === voucher.redeemed;
    });
    return same?.cover === undefined ? voucher : { ...voucher, cover: same.cover };
  });
}
