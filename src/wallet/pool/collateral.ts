import type { Hex } from 'viem';
import { toHex } from '../../base/bytes.ts';
import type { AllocateOrder } from '../../payment/voucher/orders.ts';
import type { SumTree } from '../../payment/cover/sum-tree.ts';
import { plainAddress } from '../../payment/voucher/voucher.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { WalletAccount } from '../account/account.ts';
import { POOL_ABI } from '../chain/chain.ts';
import type { PoolReader } from './pool-reader.ts';
import { transact, type TransactOptions } from '../chain/transact.ts';

/** The order that sets a tree's total aside; a root is taken once, so the same limits cannot be allocated again. */
export function allocateOrder(payer: Address, { root, total }: SumTree, untilMs: number): AllocateOrder {
  return { payer: plainAddress(payer), root: `0x${toHex(root)}`, total, until: Math.floor(untilMs / 1_000) };
}

/**
 * Sets a tree's total aside, by the payer's own account, or with the session key's signature by any.
 * Throws `wallet/not-enough-deposit`, `wallet/cap-exceeded`, `wallet/until-out-of-range`, and
 * `wallet/refused-by-contract` for a root that is known already.
 *
 * @param by the session key, or its signature of the order (`orderDigest`, `signDigest`)
 */
export async function allocate(
  reader: PoolReader,
  account: WalletAccount,
  order: AllocateOrder,
  by: { readonly signer: Address } | { readonly signature: Uint8Array },
  options: TransactOptions = {},
): Promise<{ readonly transaction: Hex }> {
  options.onStep?.('Setting collateral aside');
  const common = { address: reader.config.pool, abi: POOL_ABI, action: 'set collateral aside' } as const;
  const { root, total, until } = order;
  const receipt =
    'signer' in by
      ? await transact(
          reader,
          account,
          { ...common, functionName: 'allocate', args: [plainAddress(by.signer), root, total, until] },
          options.signal,
        )
      : await transact(
          reader,
          account,
          { ...common, functionName: 'allocateBySig', args: [order, `0x${toHex(by.signature)}`] },
          options.signal,
        );
  return { transaction: receipt.transactionHash };
}
