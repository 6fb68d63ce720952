import type { Address } from '../../protocol/primitives.ts';

/** What is to be set aside for one payee, in the token's smallest unit. */
export interface CoverPart {
  readonly payee: Address;
  readonly amount: bigint;
}

/**
 * Shares what can be set aside among payees: to each what it was promised and neither redeemed nor has collateral for, the
 * largest first, as far as it goes. Nothing is set aside for work to come: that would bind a budget that others earn.
 *
 * @param available the least of the free deposit and what the key's cap leaves
 */
export function planCover(
  payees: readonly {
    readonly payee: Address;
    readonly promised: bigint;
    readonly claimed: bigint;
    readonly collateral: bigint;
  }[],
  available: bigint,
): CoverPart[] {
  let rest = available;
  return payees
    .map(({ payee, promised, claimed, collateral }) => ({ payee, amount: promised - claimed - collateral }))
    .sort((a, b) => (a.amount === b.amount ? 0 : a.amount > b.amount ? -1 : 1))
    .map(({ payee, amount: open }) => {
      const amount = open < rest ? open : rest;
      if (amount > 0n) rest -= amount;
      return { payee, amount };
    })
    .filter(({ amount }) => amount > 0n);
}
