import type { Address } from '../../protocol/primitives.ts';
import type { InjectedStatus } from '../../wallet/account/injected-account.ts';

/** The account that pays and is paid. */
export interface AccountView {
  readonly address: Address;
  readonly kind: 'embedded' | 'injected';
  readonly name: string;
  /** Which injected wallet it is of, to connect it again. */
  readonly walletId?: string;
  /** Wallets of this browser that an import replaced. */
  readonly kept?: readonly Address[];
  /** What keeps an injected account from sending now; absent when nothing does. */
  readonly trouble?: Exclude<InjectedStatus, { readonly kind: 'ready' }>;
}

/** How sure the money of one voucher is, by the newest word of the chain. */
export interface VoucherCover {
  /** Owed, and covered by collateral or by the payer's deposit. */
  readonly secured: bigint;
  /** Owed, and covered by nothing but the payer's word. */
  readonly credit: bigint;
  /** Owed, but its session key has ended: nobody can redeem it any more. */
  readonly lost: bigint;
  /** Until when it can be redeemed. */
  readonly keyEndsAtMs: number;
}

/** The newest voucher of one payer and session key, as its payee holds it. */
export interface VoucherView {
  readonly key: string;
  readonly payer: Address;
  readonly sessionKey: Address;
  readonly amount: bigint;
  readonly redeemed: bigint;
  readonly receivedAtMs: number;
  /** Absent while the chain has not been asked. */
  readonly cover?: VoucherCover;
}

/** A session key of the account: made by this browser for one job, it signs vouchers up to its cap. */
export interface SessionView {
  readonly key: Address;
  readonly cap: bigint;
  /** Redeemed by providers, or set aside for them. */
  readonly spent: bigint;
  readonly expiresAtMs: number;
  /** `ending`: revoked, vouchers signed before can still be redeemed. */
  readonly state: 'active' | 'ending' | 'ended';
}

/** One entry of the wallet's history. */
export interface WalletEvent {
  readonly kind: 'faucet' | 'deposit' | 'authorize' | 'redeem' | 'revoke' | 'thaw' | 'withdraw';
  readonly amount: bigint;
  readonly transaction: string;
  readonly atMs: number;
  /** Who sent it. */
  readonly account?: Address;
  /** `pending`: sent, and no block has it yet; `failed`: a block has it, and it did nothing. @default it was done */
  readonly state?: 'pending' | 'failed';
}

/** All that the Wallet page shows. Amounts are in the token's smallest unit (18 decimals), native coin in wei. */
export interface WalletView {
  readonly account?: AccountView;
  readonly injected: readonly { readonly id: string; readonly name: string; readonly icon: string }[];
  readonly tokenBalance: bigint;
  /** Coin that pays for gas, e.g. POL. */
  readonly nativeSymbol: string;
  /** Absent while the chain has not been asked. */
  readonly nativeBalance?: bigint;
  /** All that is deposited: free, set aside and thawing. */
  readonly deposit: bigint;
  /** Set aside for providers. */
  readonly locked: bigint;
  readonly thawing: bigint;
  readonly thawEndsAtMs?: number;
  /** How long a thaw takes, and how long a revoked key's vouchers stay good. */
  readonly thawMs?: number;
  /** Time of the newest block: what has thawed by it can be withdrawn, whatever this device's clock says. */
  readonly blockTimeMs?: number;
  readonly sessions: readonly SessionView[];
  readonly vouchers: readonly VoucherView[];
  readonly history: readonly WalletEvent[];
  readonly error?: string;
}
