/** Redeem whatever is owed after this long: a day bounds what a vanished payer can cost. */
export const MAX_VOUCHER_AGE_MS = 86_400_000;
/** Redeem when the session key has less than this left: its vouchers die with it. */
export const LAST_KEY_LIFE_MS = 86_400_000;

/** Must this voucher be redeemed now? `owed` in the token's smallest unit, `ageMs` since it came. */
export function isRedemptionDue(voucher: {
  readonly owed: bigint;
  readonly ageMs: number;
  readonly keyLifeMs: number;
}): boolean {
  if (voucher.owed <= 0n || voucher.keyLifeMs <= 0) return false;
  return voucher.ageMs >= MAX_VOUCHER_AGE_MS || voucher.keyLifeMs <= LAST_KEY_LIFE_MS;
}
