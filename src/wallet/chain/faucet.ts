import type { Hex } from 'viem';
import { KilnError } from '../../base/errors.ts';
import type { WalletAccount } from '../account/account.ts';
import { testGlmAbi } from '../artifacts/test-glm.ts';
import type { PoolReader } from '../pool/pool-reader.ts';
import { transact } from './transact.ts';

/**
 * Gets 1,000 test GLM from the token's faucet, and gas for it. Only where `config.hasFaucet`; else throws
 * `wallet/no-faucet`. Resolves with the amount and the transaction's hash.
 */
export async function drawFromFaucet(
  reader: PoolReader,
  account: WalletAccount,
  signal?: AbortSignal,
): Promise<{ readonly amount: bigint; readonly transaction: Hex }> {
  if (!reader.config.hasFaucet) {
    throw new KilnError('wallet/no-faucet', 'This chain does not give tokens away.', {
      hint: 'Send GLM to this account from another wallet or an exchange.',
    });
  }
  const before = await reader.tokenBalance(account.address);
  const receipt = await transact(
    reader,
    account,
    {
      address: reader.config.token,
      abi: testGlmAbi,
      functionName: 'faucet',
      args: [account.address],
      action: 'draw test GLM',
    },
    signal,
  );
  const amount = (await reader.tokenBalance(account.address)) - before;
  return { amount, transaction: receipt.transactionHash };
}
