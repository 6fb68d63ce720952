/** What a session key that was authorised earlier may still take from the payer's free deposit. */
export interface EarlierKey {
  /** All that it will ever promise: its job's budget while the job runs, then what was promised. */
  readonly promised: bigint;
  /** As the contract has them, see `PayerStanding`. */
  readonly cap: bigint;
  readonly spent: bigint;
  readonly redeemed: bigint;
}

/**
 * What has to be deposited for a new budget beside what earlier jobs left over, in the token's smallest unit. Nothing
 * that an earlier key may still be redeemed for counts as left over.
 *
 * @param free deposit that is neither collateral nor thawing
 * @example
 * const deposit = missingDeposit(budget, free, earlierKeys);
 */
export function missingDeposit(budget: bigint, free: bigint, earlier: readonly EarlierKey[]): bigint {
  const leftOver = earlier.reduce((rest, key) => rest - stillToTake(key), free);
  if (leftOver <= 0n) return budget;
  return budget > leftOver ? budget - leftOver : 0n;
}

function stillToTake({ promised, cap, spent, redeemed }: EarlierKey): bigint {
  const unredeemed = promised - redeemed;
  const headroom = cap - spent;
  const most = unredeemed < headroom ? unredeemed : headroom;
  return most > 0n ? most : 0n;
}
