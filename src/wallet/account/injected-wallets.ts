import { createStore, type EIP6963ProviderDetail } from 'mipd';
import { Cell, type Observable } from '../../base/observable.ts';
import { MAX_INJECTED_WALLETS, MAX_WALLET_ICON_CHARS, MAX_WALLET_NAME_CHARS } from '../constants.ts';
import type { Eip1193 } from './injected-account.ts';

/** A wallet that a browser extension offers to this page (EIP-6963). */
export interface InjectedWallet {
  /** Reverse domain name, stable between visits: "io.metamask". */
  readonly id: string;
  readonly name: string;
  /** A data URL of an image; empty when the wallet's own was unfit. */
  readonly icon: string;
  readonly provider: Eip1193;
}

/**
 * Watches for injected wallets; they announce themselves at any time.
 *
 * @example
 * const injected = watchInjectedWallets();
 * injected.wallets.subscribe((wallets) => render(wallets));
 * injected.stop();
 */
export function watchInjectedWallets(): {
  readonly wallets: Observable<readonly InjectedWallet[]>;
  readonly stop: () => void;
} {
  const store = createStore();
  const wallets = new Cell(listWallets(store.getProviders()));
  store.subscribe((details) => wallets.set(listWallets(details)));
  return { wallets, stop: () => store.destroy() };
}

/** What announcements may show: bounded, one per id, images only as data URLs. Any script of the page can announce. */
export function listWallets(details: readonly EIP6963ProviderDetail[]): readonly InjectedWallet[] {
  const wallets = new Map<string, InjectedWallet>();
  for (const { info, provider } of details) {
    if (wallets.size >= MAX_INJECTED_WALLETS) break;
    const id: unknown = info?.rdns;
    const isSound =
      typeof id === 'string' &&
      /^[a-z0-9][a-z0-9.-]{1,99}$/i.test(id) &&
      typeof info.name === 'string' &&
      typeof provider?.request === 'function';
    if (!isSound || wallets.has(id)) continue;
    const icon: unknown = info.icon;
    const isImage =
      typeof icon === 'string' &&
      icon.length <= MAX_WALLET_ICON_CHARS &&
      /^data:image\/[a-z+.-]+[;,]/i.test(icon);
    wallets.set(id, {
      id,
      name: info.name.slice(0, MAX_WALLET_NAME_CHARS),
      icon: isImage ? icon : '',
      provider: provider as unknown as Eip1193,
    });
  }
  return [...wallets.values()];
}
