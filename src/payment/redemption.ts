/** Redeem when the money is worth this many times the gas (design: payments). */
export const MIN_WORTH_IN_GAS = 20n;
/** Redeem whatever is owed after this long: a day bounds what a vanished payer can cost. */
export const MAX_VOUCHER_AGE_MS = 86_400_000;

/** Is it time to redeem? `owed` and `gasCost` in the token's smallest unit, `ageMs` since the last redemption. */
export function isWorthRedeeming(given: {
  readonly owed: bigint;
  readonly gasCost: bigint;
  readonly ageMs: number;
}): boolean {
  if (given.owed <= given.gasCost) return false;
  return given.owed >= given.gasCost * MIN_WORTH_IN_GAS || given.ageMs >= MAX_VOUCHER_AGE_MS;
}
