import type { Collection } from '../../base/collection.ts';
import { KilnError } from '../../base/errors.ts';
import type { Clock } from '../../base/time.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { Store } from '../../storage/store.ts';
import type { WalletAccount } from '../../wallet/account/account.ts';
import type { ChainConfig } from '../../wallet/chain/chain.ts';
import {
  type EmbeddedRecord,
  type EmbeddedWallet,
  type EmbeddedWalletInit,
  importEmbeddedWallet,
  listKeptWallets,
  openEmbeddedWallet,
  restoreKeptWallet,
} from '../../wallet/account/embedded-wallet.ts';
import {
  connectInjected,
  type InjectedAccount,
  reconnectInjected,
} from '../../wallet/account/injected-account.ts';
import { type InjectedWallet, watchInjectedWallets } from '../../wallet/account/injected-wallets.ts';
import {
  type KeyFile,
  type KeyFileOptions,
  openKeyFile,
  sealKeyFile,
} from '../../wallet/key-file/key-file.ts';
import type { KeySealer } from '../../wallet/account/sealed-key.ts';
import type { AccountView, WalletView } from './wallet-view.ts';

/** Where the chosen account is kept. */
const CHOICE = 'account';

/** What {@link AccountDesk} needs. */
interface AccountDeskInit {
  readonly config: ChainConfig;
  readonly store: Store;
  readonly sealer: KeySealer;
  readonly clock: Clock;
  /** Called when wallets come or go, and when the account in use, or its state, has changed. */
  readonly onChanged: () => void;
}

/** Which account this tab uses, and what it can do just now. */
export class AccountDesk implements Disposable {
  readonly #init: AccountDeskInit;
  readonly #records: Collection<EmbeddedRecord>;
  readonly #injected = watchInjectedWallets();
  readonly #choices: Collection<{ readonly walletId?: string }>;
  /** What was chosen since this tab was opened. */
  #choice: { readonly walletId: string | undefined } | undefined;
  #current: EmbeddedWallet | InjectedAccount | undefined;
  #walletId: string | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(init: AccountDeskInit) {
    this.#init = init;
    this.#records = init.store.collection('wallet');
    this.#choices = init.store.collection('settings');
  }

  /** Opens the embedded account, and goes back to the injected one that the person chose last, once it is there. */
  async start(): Promise<void> {
    this.#use(await openEmbeddedWallet(this.#embeddedInit));
    const chosen = (await this.#choices.get(CHOICE))?.walletId;
    this.#injected.wallets.subscribe((wallets) => {
      const wallet = wallets.find(({ id }) => id === chosen);
      if (wallet !== undefined && this.#choice === undefined) void this.#return(wallet);
      this.#init.onChanged();
    });
  }

  /** The account in use. */
  get current(): WalletAccount | undefined {
    return this.#current;
  }

  /** The same, or `wallet/no-account`. */
  get required(): WalletAccount {
    if (this.#current !== undefined) return this.#current;
    throw new KilnError('wallet/no-account', 'No account is connected.', {
      hint: 'Choose an account on the Wallet page.',
    });
  }

  /** Wallets that the browser offers. */
  get offered(): WalletView['injected'] {
    return this.#injected.wallets.value.map(({ id, name, icon }) => ({ id, name, icon }));
  }

  /** The account as the page shows it; asks an injected wallet for its state. */
  async view(): Promise<AccountView | undefined> {
    const account = this.#current;
    if (account === undefined) return undefined;
    const { address, kind, name } = account;
    if (account.kind === 'embedded') {
      return { address, kind, name, kept: await listKeptWallets(this.#records) };
    }
    const status = await account.status();
    const walletId = this.#walletId;
    return {
      address,
      kind,
      name,
      ...(walletId === undefined ? {} : { walletId }),
      ...(status.kind === 'ready' ? {} : { trouble: status }),
    };
  }

  async useEmbedded(): Promise<void> {
    await this.#choose(undefined);
    this.#use(await openEmbeddedWallet(this.#embeddedInit));
  }

  /** Connects an injected wallet, or its newly chosen account; then asks it to switch to the configured chain. */
  async useInjected(id: string): Promise<void> {
    const wallet = this.#injected.wallets.value.find((one) => one.id === id);
    if (wallet === undefined) {
      throw new KilnError('wallet/unknown', 'This wallet is not offered by the browser any more.', {
        hint: 'Switch its extension on, then reload the page.',
      });
    }
    const account = await connectInjected(wallet, this.#init.config);
    await this.#choose(id);
    this.#use(account, id);
    await account.switchChain();
  }

  /** Asks the injected wallet to switch to the configured chain, or to add it; throws `wallet/wrong-chain`. */
  async switchChain(): Promise<void> {
    if (this.#current?.kind === 'injected') await this.#current.switchChain();
    this.#init.onChanged();
  }

  /** The embedded wallet's key, encrypted under a passphrase. */
  async exportEmbedded(passphrase: string, options: KeyFileOptions): Promise<KeyFile> {
    const wallet = await openEmbeddedWallet(this.#embeddedInit);
    return sealKeyFile(await wallet.exportKey(), passphrase, this.#init.clock.now(), options);
  }

  /** Makes the key in the file the embedded wallet, and uses it; the one before stays in the store. */
  async importEmbedded(text: string, passphrase: string, options: KeyFileOptions): Promise<void> {
    const key = await openKeyFile(text, passphrase, options);
    await this.#choose(undefined);
    this.#use(await importEmbeddedWallet(this.#embeddedInit, key));
  }

  /** Takes up a wallet of this browser that an import replaced. */
  async useKept(address: Address): Promise<void> {
    const wallet = await restoreKeptWallet(this.#embeddedInit, address);
    await this.#choose(undefined);
    this.#use(wallet);
  }

  [Symbol.dispose](): void {
    this.#stopWatching?.();
    this.#injected.stop();
  }

  async #choose(walletId: string | undefined): Promise<void> {
    this.#choice = { walletId };
    await this.#choices.put(CHOICE, walletId === undefined ? {} : { walletId });
  }

  /** Only where the wallet still lets this page see an account: a page that loads must not make it pop up. */
  async #return(wallet: InjectedWallet): Promise<void> {
    this.#choice = { walletId: wallet.id };
    const account = await reconnectInjected(wallet, this.#init.config);
    if (account === undefined) return;
    this.#use(account, wallet.id);
    this.#init.onChanged();
  }

  #use(account: EmbeddedWallet | InjectedAccount, walletId?: string): void {
    this.#stopWatching?.();
    this.#current = account;
    this.#walletId = walletId;
    this.#stopWatching =
      account.kind === 'injected' ? account.onChanged(() => this.#init.onChanged()) : undefined;
  }

  get #embeddedInit(): EmbeddedWalletInit {
    const { config, sealer, clock } = this.#init;
    return { config, sealer, records: this.#records, nowMs: clock.now() };
  }
}
