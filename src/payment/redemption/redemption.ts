/** Redeem whatever is owed after this long: a day bounds what a vanished payer can cost. */
export const MAX_VOUCHER_AGE_MS = 86_400_000;
/** Redeem when the session key has less than this left: its vouchers die with it. */
export const LAST_KEY_LIFE_MS = 86_400_000;
/** Redeem as soon as this many times its gas is owed: 2 % go into gas, and no more than that is ever at risk. */
export const WORTH_REDEEMING = 50n;
/** Gas of one voucher's first redemption in a batch of 100, and what a transaction with one takes beyond it (measured). */
export const ROW_GAS = 71_100n;
export const BASE_GAS = 65_100n;
/** Native coin has 18 decimals, as GLM does. */
const WEI_PER_COIN = 10n ** 18n;

/** What gas costs in the token: what `redemptionCost` reckons with. */
export interface GasPrices {
  /** Price of one unit of gas, in wei. */
  readonly weiPerGas: bigint;
  /** What one native coin is worth, in the token's smallest unit. */
  readonly tokensPerCoin: bigint;
}

/** What one transaction that redeems so many vouchers costs, in the token's smallest unit, rounded up. */
export function redemptionCost(vouchers: number, { weiPerGas, tokensPerCoin }: GasPrices): bigint {
  const wei = (BASE_GAS + ROW_GAS * BigInt(vouchers)) * weiPerGas;
  return (wei * tokensPerCoin + WEI_PER_COIN - 1n) / WEI_PER_COIN;
}

/** A voucher that is held, as far as redeeming goes. */
export interface HeldVoucher {
  /** Not redeemed yet, in the token's smallest unit. */
  readonly owed: bigint;
  readonly ageMs: number;
  readonly keyLifeMs: number;
}

/**
 * Must any of these vouchers be redeemed now: one that is a day old, whose key ends within a day, or all together
 * because they are worth many times their gas? Without gas prices only time decides; a voucher of a dead key never does.
 *
 * @example
 * isRedemptionDue([{ owed, ageMs, keyLifeMs }], { weiPerGas: 30_000_000_000n, tokensPerCoin: GLM });
 */
export function isRedemptionDue(vouchers: readonly HeldVoucher[], prices?: GasPrices): boolean {
  const alive = vouchers.filter(({ owed, keyLifeMs }) => owed > 0n && keyLifeMs > 0);
  const isLate = alive.some(
    ({ ageMs, keyLifeMs }) => ageMs >= MAX_VOUCHER_AGE_MS || keyLifeMs <= LAST_KEY_LIFE_MS,
  );
  if (isLate || prices === undefined || alive.length === 0) return isLate;
  const owed = alive.reduce((sum, voucher) => sum + voucher.owed, 0n);
  return owed >= WORTH_REDEEMING * redemptionCost(alive.length, prices);
}
