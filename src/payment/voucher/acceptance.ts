import { RESUME_WINDOW_MS } from '../../protocol/constants.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import type { SignedVoucher } from '../../protocol/work.ts';

/** A chain view older than this decides nothing (design: payments). */
export const MAX_VIEW_AGE_MS = 60_000;
/** A key must live at least this long after a voucher, so that its redemption surely gets into a block. */
export const MIN_KEY_LIFE_MS = 60_000;
/**
 * A session key must outlive the signing of an agreement, and the end of a renewed one, by this long: some work, a break,
 * and a redemption in peace.
 */
export const KEY_LIFE_AFTER_AGREEMENT_MS = 3_600_000 + RESUME_WINDOW_MS;

/** What the chain says of a payer and its session key; the provider's chain adapter returns this. */
export interface PayerStanding {
  /** Deposit that is neither thawing nor locked, in the token's smallest unit. */
  readonly free: bigint;
  readonly cap: bigint;
  /** Charged to the cap: redeemed without collateral, and all collateral set aside and not released. */
  readonly spent: bigint;
  /** Redeemed through this key so far, by all payees. */
  readonly redeemed: bigint;
  /** The highest `issued` of a voucher that the contract has seen. */
  readonly highestIssued: bigint;
  /** Redeemed by this payee through this key so far. */
  readonly claimed: bigint;
  /** Set aside for this payee alone, long enough to redeem it: nobody else can take it. */
  readonly collateral: bigint;
  readonly expiresAtMs: number;
  readonly isEquivocated: boolean;
  readonly readAtMs: number;
}

/** All that a provider looks at when a voucher arrives. */
export interface VoucherCase {
  /** Chain and pool that this provider takes vouchers of. */
  readonly home: Pick<PaymentTerms, 'chainId' | 'pool'>;
  /** Terms of the agreement. */
  readonly terms: PaymentTerms;
  readonly payee: Address;
  readonly pricePerTask: bigint;
  /** Accepted tasks that this voucher pays for; 0 states the balance. */
  readonly tasks: number;
  readonly voucher: SignedVoucher;
  /** Who signed it, for the terms' chain and pool. */
  readonly signer: Address;
  /** The newest voucher of this payer, key and payee taken so far. */
  readonly last?: Pick<SignedVoucher, 'amount' | 'issued'>;
}

/** Why a voucher is not what was agreed: nothing of it is kept. */
export type VoucherRefusal =
  | 'payment/wrong-domain'
  | 'payment/wrong-payer'
  | 'payment/wrong-payee'
  | 'payment/wrong-signer'
  | 'payment/wrong-amount'
  | 'payment/issued-fell';

/** Why no more work should be done for this payer before money was redeemed. */
export type StopReason =
  | 'payment/stale-view'
  | 'payment/key-unknown'
  | 'payment/key-expiring'
  | 'payment/equivocated'
  | 'payment/over-cap';

/** A voucher that is not the agreed one: keep the last. */
export interface RefusedVoucher {
  readonly code: VoucherRefusal;
  readonly message: string;
}

/**
 * What is wrong with a voucher that has arrived, told without the chain (design: payments, "Who checks what");
 * undefined when it is to be kept. It pays at least what was accepted: more harms nobody, and follows a lost verdict.
 *
 * @example
 * const refused = refuseVoucher({ home, terms, payee, pricePerTask, tasks: 3, voucher, signer, last });
 * if (refused === undefined) await store.put(key, voucher);
 */
export function refuseVoucher(given: VoucherCase): RefusedVoucher | undefined {
  const { home, terms, payee, voucher, last = { amount: 0n, issued: 0n } } = given;
  const refuse = (code: VoucherRefusal, message: string): RefusedVoucher => ({ code, message });

  if (terms.chainId !== home.chainId || !isSameAddress(terms.pool, home.pool)) {
    return refuse(
      'payment/wrong-domain',
      'The agreement names another chain or pool than this provider redeems at.',
    );
  }
  if (!isSameAddress(voucher.payer, terms.payer)) {
    return refuse('payment/wrong-payer', 'The voucher draws on another payer than the agreement names.');
  }
  if (!isSameAddress(voucher.payee, payee)) {
    return refuse('payment/wrong-payee', 'The voucher pays somebody else.');
  }
  if (!isSameAddress(given.signer, terms.sessionKey)) {
    return refuse(
      'payment/wrong-signer',
      'The voucher is not signed by the agreed session key for this pool.',
    );
  }
  const growth = voucher.amount - last.amount;
  if (growth < given.pricePerTask * BigInt(given.tasks)) {
    return refuse(
      'payment/wrong-amount',
      `The voucher pays less than the price of ${given.tasks} more tasks.`,
    );
  }
  // What is promised here is promised in total too, so an honest `issued` grows at least as fast.
  if (voucher.issued < last.issued + growth || voucher.issued < voucher.amount) {
    return refuse('payment/issued-fell', 'The total that this key says it has issued does not add up.');
  }
  return undefined;
}

/** What {@link judgeStanding} looks at: promised to this payee and to everybody so far (0 before any voucher). */
export interface StandingCase {
  readonly amount: bigint;
  readonly issued: bigint;
  readonly standing: PayerStanding;
  readonly creditLimit: bigint;
  readonly nowMs: number;
  /** Least life of the session key from now. @default MIN_KEY_LIFE_MS */
  readonly minKeyLifeMs?: number;
}

/**
 * `accept`: work on. `ask-cover`: no new task until collateral of `missing` more is there; redeem what is held now.
 * `stop-and-redeem`: take no further lease, redeem what is held now. `uncovered` is what would be lost if the payer paid
 * nothing beyond its free deposit and the collateral for this payee; `exposed` what would be lost with the deposit, too.
 */
export type StandingVerdict =
  | { readonly kind: 'accept'; readonly uncovered: bigint; readonly exposed: bigint }
  | {
      readonly kind: 'ask-cover';
      readonly code: 'payment/over-credit';
      readonly message: string;
      readonly missing: bigint;
    }
  | { readonly kind: 'stop-and-redeem'; readonly code: StopReason; readonly message: string };

/** Is this payer still good for what it has promised? Asked before signing an agreement, and at each voucher. */
export function judgeStanding(given: StandingCase): StandingVerdict {
  const { amount, issued, standing, nowMs } = given;
  const stop = (code: StopReason, message: string) => ({ kind: 'stop-and-redeem', code, message }) as const;

  if (nowMs - standing.readAtMs > MAX_VIEW_AGE_MS) {
    return stop(
      'payment/stale-view',
      'What is known of the payer is older than a minute; the chain has to be read again.',
    );
  }
  if (standing.cap === 0n) {
    return stop('payment/key-unknown', 'The payer has not authorised this session key.');
  }
  if (standing.isEquivocated) {
    return stop(
      'payment/equivocated',
      'This session key has hidden promises: more was redeemed than it said to have issued.',
    );
  }
  if (standing.expiresAtMs - nowMs < (given.minKeyLifeMs ?? MIN_KEY_LIFE_MS)) {
    return stop('payment/key-expiring', 'The session key ends too soon to redeem safely.');
  }
  const owed = floor(amount - standing.claimed);
  const open = owed - least(owed, standing.collateral);
  const headroom = floor(standing.cap - standing.spent);
  const promised = issued > standing.highestIssued ? issued : standing.highestIssued;
  if (promised > standing.cap || open > headroom) {
    return stop('payment/over-cap', 'The session key has promised more than its cap.');
  }
  // Others redeem first, in the worst case; what is set aside for them they take from there.
  const setAside = floor(standing.spent - standing.redeemed - standing.collateral);
  const others = floor(promised - standing.redeemed - owed - setAside);
  const left = floor(least(standing.free, headroom) - others);
  const uncovered = open - least(open, left);
  if (uncovered <= given.creditLimit) return { kind: 'accept', uncovered, exposed: open };
  return {
    kind: 'ask-cover',
    code: 'payment/over-credit',
    message: 'The payer’s free deposit does not cover what it owes, beyond the credit limit.',
    missing: uncovered,
  };
}

function floor(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
