import { encodeFunctionData, type Hex } from 'viem';
import { KilnError } from '../../base/errors.ts';
import { formatGlm } from '../../payment/costs/price.ts';
import type { WalletAccount } from '../account/account.ts';
import { toChainError } from '../chain/chain-error.ts';
import { type POOL_ABI, TOKEN_ABI } from '../chain/chain.ts';
import { inFundingTurn } from './funding-turns.ts';
import type { PoolReader } from '../pool/pool-reader.ts';
import { transact, type TransactOptions, type TypedCall } from '../chain/transact.ts';

/** The pool's functions that take tokens of whoever calls them. */
type Spending = TypedCall<typeof POOL_ABI, 'deposit' | 'depositAndAuthorize'>;

/**
 * Calls a function of the pool that takes tokens, after an approval where the allowance is too small; both with one
 * question to the person where the wallet can (EIP-5792). Throws `wallet/not-enough-tokens` before anything is sent.
 *
 * @param shortcut does the same in one transaction without an approval; undefined when it cannot, nothing was sent then
 */
export function spendTokens(
  reader: PoolReader,
  account: WalletAccount,
  amount: bigint,
  spending: Spending,
  options: TransactOptions = {},
  shortcut?: () => Promise<Hex | undefined>,
): Promise<{ readonly transaction: Hex }> {
  return inFundingTurn(account, () => spend(reader, account, amount, spending, options, shortcut));
}

async function spend(
  reader: PoolReader,
  account: WalletAccount,
  amount: bigint,
  spending: Spending,
  { signal, onStep }: TransactOptions,
  shortcut: (() => Promise<Hex | undefined>) | undefined,
): Promise<{ readonly transaction: Hex }> {
  const { token, pool, tokenSymbol: symbol } = reader.config;
  const words = formatGlm(amount, { digits: 4, symbol });
  // Exactly this amount: an allowance without bound would outlive its purpose.
  const approving = {
    address: token,
    abi: TOKEN_ABI,
    functionName: 'approve',
    args: [pool, amount],
    action: `approve ${words} for the pool`,
  } as const;

  await assertBalance(reader, account, amount);
  if ((await allowanceOf(reader, account)) < amount) {
    onStep?.(`Approving ${words}`);
    const calls = [
      { to: token, data: encodeFunctionData(approving), action: approving.action },
      { to: pool, data: encodeFunctionData(spending), action: spending.action },
    ];
    const transaction = await account.sendTogether?.(calls, signal);
    if (transaction !== undefined) return { transaction };
    const permitted = await shortcut?.();
    if (permitted !== undefined) return { transaction: permitted };
    await transact(reader, account, approving, signal);
  }
  onStep?.(`Depositing ${words}`);
  return { transaction: (await transact(reader, account, spending, signal)).transactionHash };
}

/** Throws `wallet/not-enough-tokens` when the account holds less than is needed. */
export async function assertBalance(
  reader: PoolReader,
  account: WalletAccount,
  needed: bigint,
): Promise<void> {
  const balance = await reader.tokenBalance(account.address);
  if (balance >= needed) return;
  const glm = (amount: bigint) => formatGlm(amount, { digits: 4, symbol: reader.config.tokenSymbol });
  throw new KilnError(
    'wallet/not-enough-tokens',
    `The account holds ${glm(balance)}, less than ${glm(needed)}.`,
    {
      data: { balance: balance.toString(), needed: needed.toString() },
      hint: 'Put more GLM on this account, or choose a smaller amount.',
    },
  );
}

/** What the pool may take from an account's tokens. */
export async function allowanceOf(
  reader: PoolReader,
  account: Pick<WalletAccount, 'address'>,
): Promise<bigint> {
  try {
    return await reader.client.readContract({
      address: reader.config.token,
      abi: TOKEN_ABI,
      functionName: 'allowance',
      args: [account.address, reader.config.pool],
    });
  } catch (thrown) {
    throw toChainError(thrown, 'read the allowance');
  }
}
