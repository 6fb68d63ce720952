import { type Hex, parseEventLogs } from 'viem';
import { plainAddress } from '../../payment/voucher/voucher.ts';
import { formatGlm } from '../../payment/costs/price.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { WalletAccount } from '../account/account.ts';
import { POOL_ABI } from '../chain/chain.ts';
import type { PoolReader } from './pool-reader.ts';
import { spendTokens } from '../session/spend-tokens.ts';
import { transact, type TransactOptions } from '../chain/transact.ts';

/**
 * Puts tokens of the account into its deposit, for jobs to come.
 * Throws `wallet/not-enough-tokens` before anything is sent, `wallet/deposit-ceiling`.
 */
export function deposit(
  reader: PoolReader,
  account: WalletAccount,
  amount: bigint,
  options: TransactOptions = {},
): Promise<{ readonly transaction: Hex }> {
  const call = {
    address: reader.config.pool,
    abi: POOL_ABI,
    functionName: 'deposit',
    args: [account.address, amount],
    action: `deposit ${glm(reader, amount)}`,
  } as const;
  return spendTokens(reader, account, amount, call, options);
}

/** Ends a session key early; its vouchers stay redeemable for the pool's thaw. */
export async function revokeSession(
  reader: PoolReader,
  account: WalletAccount,
  signer: Address,
  options: TransactOptions = {},
): Promise<{ readonly transaction: Hex }> {
  const call = {
    address: reader.config.pool,
    abi: POOL_ABI,
    functionName: 'revokeSigner',
    args: [plainAddress(signer)],
    action: 'end the session key',
  } as const;
  return { transaction: (await transact(reader, account, call, options.signal)).transactionHash };
}

/** Announces a withdrawal of `amount` more; restarts the wait for all that thaws. */
export async function thaw(
  reader: PoolReader,
  account: WalletAccount,
  amount: bigint,
  options: TransactOptions = {},
): Promise<{ readonly transaction: Hex }> {
  options.onStep?.(`Starting to withdraw ${glm(reader, amount)}`);
  const call = {
    address: reader.config.pool,
    abi: POOL_ABI,
    functionName: 'thaw',
    args: [amount],
    action: 'start the withdrawal',
  } as const;
  return { transaction: (await transact(reader, account, call, options.signal)).transactionHash };
}

/**
 * Takes out what has thawed and was not redeemed meanwhile; throws `wallet/still-thawing` or `wallet/nothing-thawing`.
 *
 * @param to who receives it; @default the account itself
 */
export async function withdraw(
  reader: PoolReader,
  account: WalletAccount,
  to: Address = account.address,
  options: TransactOptions = {},
): Promise<{ readonly amount: bigint; readonly transaction: Hex }> {
  options.onStep?.('Withdrawing');
  const call = {
    address: reader.config.pool,
    abi: POOL_ABI,
    functionName: 'withdraw',
    args: [plainAddress(to)],
    action: 'withdraw',
  } as const;
  const receipt = await transact(reader, account, call, options.signal);
  const [event] = parseEventLogs({ abi: POOL_ABI, eventName: 'Withdrawn', logs: receipt.logs });
  return { amount: event?.args.amount ?? 0n, transaction: receipt.transactionHash };
}

function glm(reader: PoolReader, amount: bigint): string {
  return formatGlm(amount, { digits: 4, symbol: reader.config.tokenSymbol });
}
