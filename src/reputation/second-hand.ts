import type { PeerId } from '../protocol/identity.ts';
import type { Receipt } from '../protocol/receipt.ts';

/** What others' receipts are worth, in dealings of one's own. */
export interface SecondHand {
  readonly good: number;
  readonly bad: number;
}

/** Nothing was shown, or nothing of it counts. */
export const NO_SECOND_HAND: SecondHand = { good: 0, bad: 0 };

/** A receipt with what its reader found out by itself. */
export interface Testimony {
  readonly receipt: Receipt;
  readonly signer: PeerId;
  /** How far the reader trusts the signer, 0 to 1; see {@link STRANGER_TRUST}. */
  readonly trust: number;
  /** Redeemed on chain by this payee with this payer's session key, in the token's smallest unit. */
  readonly redeemed: bigint;
  /** Price that makes one dealing: more tasks for less money count as fewer. In the token's smallest unit. */
  readonly dealingPrice: bigint;
}

/** A stranger's word counts a tenth of what was seen with own eyes, once money moved. */
export const STRANGER_TRUST = 0.1;
/**
 * Dealings that the money of one payer can make, and all receipts together. Whoever pays itself gets its money back
 * but for the gas, so what it buys must be little: less than a few dozen honest tasks would earn.
 */
export const MAX_PER_PAYER = 5;
export const MAX_SECOND_HAND = 20;

/** Bad dealings that one rejected or lost task of a receipt makes, as in first-hand records. */
const REJECTED_WEIGHT = 10;
const LOST_WEIGHT = 0.5;

/**
 * Weighs the receipts that somebody shows of itself (design: verification, reputation): each counts as much as its signer
 * is trusted, times what was redeemed on chain against it. Receipts of one payer, key and payee share what was redeemed
 * among them. Nothing redeemed, nothing gained: a ring that praises itself weighs nothing, and one that pays itself weighs
 * at most what it spent, up to {@link MAX_SECOND_HAND}.
 */
export function weighReceipts(testimonies: readonly Testimony[]): SecondHand {
  const shares = redeemedShares(testimonies);
  const byPayer = new Map<string, number>();
  let bad = 0;
  for (const testimony of testimonies) {
    const { receipt, trust } = testimony;
    const dealings = Math.min(receipt.accepted, bought(testimony, shares.get(lineOf(receipt)) ?? 0));
    const payer = receipt.payment.payer.toLowerCase();
    byPayer.set(payer, (byPayer.get(payer) ?? 0) + trust * dealings);
    bad += trust * (receipt.rejected * REJECTED_WEIGHT + receipt.lost * LOST_WEIGHT);
  }
  const good = [...byPayer.values()].reduce((sum, weight) => sum + Math.min(weight, MAX_PER_PAYER), 0);
  return { good: Math.min(good, MAX_SECOND_HAND), bad: Math.min(bad, MAX_SECOND_HAND) };
}

/** Which money: what is claimed on chain is known by payer, session key and payee. */
export function lineOf({ payment, payee }: Pick<Receipt, 'payment' | 'payee'>): string {
  return [payment.chainId, payment.pool, payment.payer, payment.sessionKey, payee].join('/').toLowerCase();
}

/** Share of what the receipts of each line say was paid that was really redeemed, 0 to 1. */
function redeemedShares(testimonies: readonly Testimony[]): Map<string, number> {
  const said = new Map<string, { paid: bigint; redeemed: bigint }>();
  for (const { receipt, redeemed } of testimonies) {
    const line = lineOf(receipt);
    said.set(line, { paid: (said.get(line)?.paid ?? 0n) + receipt.paid, redeemed });
  }
  return new Map(
    [...said].map(([line, { paid, redeemed }]) => [
      line,
      paid <= 0n ? 0 : redeemed >= paid ? 1 : Number((redeemed * 1_000_000n) / paid) / 1_000_000,
    ]),
  );
}

/** Dealings that the redeemed share of a receipt's money makes. */
function bought({ receipt, dealingPrice }: Testimony, share: number): number {
  if (dealingPrice <= 0n) return 0;
  return (Number((receipt.paid * 1_000n) / dealingPrice) / 1_000) * share;
}
