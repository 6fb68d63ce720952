import type { Hex } from 'viem';
import { TransactionReceiptNotFoundError } from 'viem';
import { toChainError } from './chain-error.ts';
import type { PoolReader } from '../pool/pool-reader.ts';

/** Time of the chain's newest block, in milliseconds. Throws `wallet/chain-unreachable`. */
export async function readBlockTime({ client }: PoolReader): Promise<number> {
  try {
    return Number((await client.getBlock()).timestamp) * 1_000;
  } catch (thrown) {
    throw toChainError(thrown, 'read the newest block');
  }
}

/** What became of a transaction that was sent; `pending` when no block has it. Throws `wallet/chain-unreachable`. */
export async function readOutcome(
  { client }: PoolReader,
  hash: string,
): Promise<'done' | 'failed' | 'pending'> {
  try {
    const { status } = await client.getTransactionReceipt({ hash: hash as Hex });
    return status === 'success' ? 'done' : 'failed';
  } catch (thrown) {
    if (thrown instanceof TransactionReceiptNotFoundError) return 'pending';
    throw toChainError(thrown, 'look a transaction up');
  }
}
