import type { Hex } from 'viem';
import { formatGlm } from '../../payment/costs/price.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { WalletAccount } from '../account/account.ts';
import { POOL_ABI } from '../chain/chain.ts';
import { depositWithDaiPermit } from './dai-permit-deposit.ts';
import type { PoolReader } from '../pool/pool-reader.ts';
import { spendTokens } from './spend-tokens.ts';
import { transact, type TransactOptions } from '../chain/transact.ts';

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

/** A way of funding a session key. */
export type FundSession = (
  reader: PoolReader,
  account: WalletAccount,
  authorization: Authorization,
  options?: TransactOptions,
) => Promise<{ readonly transaction: Hex }>;

/**
 * Deposits and authorises a session key in one transaction, after an approval where the allowance is too small. Both
 * take one question to the person where the wallet can (EIP-5792), and one transaction where the token has DAI's permit.
 * The same key again raises its cap and expiry.
 * Throws `wallet/not-enough-tokens` before anything is sent.
 */
export async function fundSession(
  reader: PoolReader,
  account: WalletAccount,
  { signer, cap, deposit, expiresAtMs }: Authorization,
  options: TransactOptions = {},
): Promise<{ readonly transaction: Hex }> {
  const { pool: address, tokenSymbol: symbol } = reader.config;
  const expiry = Math.ceil(expiresAtMs / 1_000);
  if (deposit === 0n) {
    options.onStep?.('Authorising the session key');
    const authorizing = {
      address,
      abi: POOL_ABI,
      functionName: 'authorizeSigner',
      args: [signer, cap, expiry],
      action: 'authorise the session key',
    } as const;
    return { transaction: (await transact(reader, account, authorizing, options.signal)).transactionHash };
  }
  const depositing = {
    address,
    abi: POOL_ABI,
    functionName: 'depositAndAuthorize',
    args: [deposit, signer, cap, expiry],
    action: `deposit ${formatGlm(deposit, { digits: 4, symbol })}`,
  } as const;
  const shortcut = () =>
    depositWithDaiPermit(reader, account, { signer, cap, expiry, deposit }, options.signal);
  return spendTokens(reader, account, deposit, depositing, options, shortcut);
}
