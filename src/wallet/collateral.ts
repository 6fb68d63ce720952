import type { Hex } from 'viem';
import { plainAddress } from '../payment/voucher.ts';
import type { Address } from '../protocol/primitives.ts';
import type { WalletAccount } from './account.ts';
import { POOL_ABI } from './chain.ts';
import type { PoolReader } from './pool-reader.ts';
import { transact, type TransactOptions } from './transact.ts';

/** Money set aside for known payees under a session key. */
export interface ReserveOrder {
  readonly signer: Address;
  readonly payees: readonly Address[];
  /** One per payee, in the token's smallest unit. */
  readonly amounts: readonly bigint[];
  /** Last moment at which it can be drawn; not after the key's expiry. Rounded down to seconds. */
  readonly untilMs: number;
}

/**
 * Sets money of the account's deposit aside for payees; adds to what they have.
 * Throws `wallet/not-enough-deposit`, `wallet/cap-exceeded`, `wallet/until-out-of-range`.
 */
export async function reserve(
  reader: PoolReader,
  account: WalletAccount,
  { signer, payees, amounts, untilMs }: ReserveOrder,
  options: TransactOptions = {},
): Promise<{ readonly transaction: Hex }> {
  options.onStep?.('Setting collateral aside');
  const call = {
    address: reader.config.pool,
    abi: POOL_ABI,
    functionName: 'reserve',
    args: [plainAddress(signer), payees.map(plainAddress), [...amounts], Math.floor(untilMs / 1_000)],
    action: 'set collateral aside',
  } as const;
  return { transaction: (await transact(reader, account, call, options.signal)).transactionHash };
}
