import { encodeFunctionData, type Hex } from 'viem';
import { KilnError } from '../base/errors.ts';
import { formatGlm } from '../payment/price.ts';
import type { Address } from '../protocol/primitives.ts';
import { Turns, type WalletAccount } from './account.ts';
import { toChainError } from './chain-error.ts';
import { POOL_ABI, TOKEN_ABI } from './chain.ts';
import type { PoolReader } from './pool-reader.ts';
import { transact, type TransactOptions } from './transact.ts';

/** How a session key is funded. */
export interface Authorization {
  readonly signer: Address;
  /** All that the key may ever promise. */
  readonly cap: bigint;
  /** Last moment at which its vouchers can be redeemed; rounded up to seconds. */
  readonly expiresAtMs: number;
  /** Tokens to deposit along with it; 0 when the deposit is large enough already. */
  readonly deposit: bigint;
}

/** One funding at a time per account: a second approval would replace the first before it is used. */
const fundings = new WeakMap<WalletAccount, Turns>();

/**
 * Deposits and authorises a session key in one transaction, after an approval where the allowance is too small; both
 * with one question to the person where the wallet can (EIP-5792). The same key again raises its cap and expiry.
 * Throws `wallet/not-enough-tokens` before anything is sent.
 */
export function fundSession(
  reader: PoolReader,
  account: WalletAccount,
  authorization: Authorization,
  options: TransactOptions = {},
): Promise<{ readonly transaction: Hex }> {
  const turns = fundings.get(account) ?? new Turns();
  fundings.set(account, turns);
  return turns.take(() => fund(reader, account, authorization, options));
}

async function fund(
  reader: PoolReader,
  account: WalletAccount,
  { signer, cap, deposit, expiresAtMs }: Authorization,
  { signal, onStep }: TransactOptions,
): Promise<{ readonly transaction: Hex }> {
  const { token, pool, tokenSymbol: symbol } = reader.config;
  const expiry = Math.ceil(expiresAtMs / 1_000);
  const amount = formatGlm(deposit, { digits: 4, symbol });
  if (deposit === 0n) {
    onStep?.('Authorising the session key');
    const authorizing = {
      address: pool,
      abi: POOL_ABI,
      functionName: 'authorizeSigner',
      args: [signer, cap, expiry],
      action: 'authorise the session key',
    } as const;
    return { transaction: (await transact(reader, account, authorizing, signal)).transactionHash };
  }
  // Exactly this amount: an allowance without bound would outlive the job.
  const approving = {
    address: token,
    abi: TOKEN_ABI,
    functionName: 'approve',
    args: [pool, deposit],
    action: `approve ${amount} for the pool`,
  } as const;
  const depositing = {
    address: pool,
    abi: POOL_ABI,
    functionName: 'depositAndAuthorize',
    args: [deposit, signer, cap, expiry],
    action: `deposit ${amount}`,
  } as const;

  await assertBalance(reader, account, deposit);
  if ((await allowanceOf(reader, account)) < deposit) {
    onStep?.(`Approving ${amount}`);
    const calls = [
      { to: token, data: encodeFunctionData(approving), action: approving.action },
      { to: pool, data: encodeFunctionData(depositing), action: depositing.action },
    ];
    const transaction = await account.sendTogether?.(calls, signal);
    if (transaction !== undefined) return { transaction };
    await transact(reader, account, approving, signal);
  }
  onStep?.(`Depositing ${amount}`);
  return { transaction: (await transact(reader, account, depositing, signal)).transactionHash };
}

async function assertBalance(reader: PoolReader, account: WalletAccount, needed: bigint): Promise<void> {
  const balance = await reader.tokenBalance(account.address);
  if (balance >= needed) return;
  const glm = (amount: bigint) => formatGlm(amount, { digits: 4, symbol: reader.config.tokenSymbol });
  throw new KilnError(
    'wallet/not-enough-tokens',
    `The account holds ${glm(balance)}, less than ${glm(needed)}.`,
    {
      data: { balance: balance.toString(), needed: needed.toString() },
      hint: 'Put more GLM on this account, or choose a smaller budget.',
    },
  );
}

async function allowanceOf(reader: PoolReader, account: WalletAccount): Promise<bigint> {
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
