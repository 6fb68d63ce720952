import { type Hex, parseEventLogs } from 'viem';
import { KilnError } from '../base/errors.ts';
import { plainAddress } from '../payment/voucher.ts';
import { formatGlm } from '../payment/price.ts';
import type { Address } from '../protocol/primitives.ts';
import type { WalletAccount } from './account.ts';
import { toChainError } from './chain-error.ts';
import { POOL_ABI, TOKEN_ABI } from './chain.ts';
import type { PoolReader } from './pool-reader.ts';
import { transact } from './transact.ts';

/** Options of a call that may take blocks. */
export interface TransactOptions {
  /** Stops waiting; a transaction already sent stays sent. */
  readonly signal?: AbortSignal;
  /** Called with a sentence at each step: "Approving 2.5 GLM". */
  readonly onStep?: (step: string) => void;
}

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

/**
 * Deposits and authorises a session key in one transaction, after an approval where the allowance is too small.
 * The same key again raises its cap and expiry. Throws `wallet/not-enough-tokens` before anything is sent.
 */
export async function fundSession(
  reader: PoolReader,
  account: WalletAccount,
  authorization: Authorization,
  options: TransactOptions = {},
): Promise<{ readonly transaction: Hex }> {
  const { signer, cap, deposit } = authorization;
  const expiry = Math.ceil(authorization.expiresAtMs / 1_000);
  const pool = { address: reader.config.pool, abi: POOL_ABI } as const;
  const action = 'deposit the budget';
  if (deposit === 0n) {
    options.onStep?.('Authorising the session key');
    const call = { ...pool, functionName: 'authorizeSigner', args: [signer, cap, expiry], action } as const;
    return { transaction: (await transact(reader, account, call, options.signal)).transactionHash };
  }
  await approve(reader, account, deposit, options);
  options.onStep?.(`Depositing ${glm(reader, deposit)}`);
  const call = {
    ...pool,
    functionName: 'depositAndAuthorize',
    args: [deposit, signer, cap, expiry],
    action,
  } as const;
  return { transaction: (await transact(reader, account, call, options.signal)).transactionHash };
}

async function approve(
  reader: PoolReader,
  account: WalletAccount,
  amount: bigint,
  options: TransactOptions,
): Promise<void> {
  const { token, pool } = reader.config;
  const balance = await reader.tokenBalance(account.address);
  if (balance < amount) {
    throw new KilnError(
      'wallet/not-enough-tokens',
      `The account holds ${glm(reader, balance)}, less than ${glm(reader, amount)}.`,
      {
        data: { balance: balance.toString(), needed: amount.toString() },
        hint: 'Put more GLM on this account, or choose a smaller budget.',
      },
    );
  }
  const allowance = await reader.client
    .readContract({
      address: token,
      abi: TOKEN_ABI,
      functionName: 'allowance',
      args: [account.address, pool],
    })
    .catch((thrown: unknown) => {
      throw toChainError(thrown, 'read the allowance');
    });
  if (allowance >= amount) return;
  options.onStep?.(`Approving ${glm(reader, amount)}`);
  // Exactly this amount: an allowance without bound would outlive the job.
  const call = {
    address: token,
    abi: TOKEN_ABI,
    functionName: 'approve',
    args: [pool, amount],
    action: 'approve the pool',
  } as const;
  await transact(reader, account, call, options.signal);
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
