import type { Hex } from 'viem';
import { toHex } from '../base/bytes.ts';
import type { AllocateOrder } from '../payment/orders.ts';
import type { SumProof, SumTree } from '../payment/sum-tree.ts';
import { plainAddress } from '../payment/voucher.ts';
import type { PaymentTerms } from '../protocol/announce.ts';
import type { Address } from '../protocol/primitives.ts';
import type { WalletAccount } from './account.ts';
import { toChainError } from './chain-error.ts';
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

/** The order that sets a tree's total aside; a root is taken once, so the same limits cannot be allocated again. */
export function allocateOrder(payer: Address, { root, total }: SumTree, untilMs: number): AllocateOrder {
  return { payer: plainAddress(payer), root: `0x${toHex(root)}`, total, until: Math.floor(untilMs / 1_000) };
}

/**
 * Sets a tree's total aside, by the payer's own account, or with the session key's signature by any.
 * Throws as {@link reserve} does, and `wallet/refused-by-contract` for a root that is known already.
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

/** What a payee can still draw from an allocation with this proof, by the contract; 0 for one that proves nothing. */
export async function allocationCover(
  reader: PoolReader,
  terms: PaymentTerms,
  payee: Address,
  proof: SumProof,
): Promise<bigint> {
  const { payer, sessionKey } = terms;
  try {
    return await reader.client.readContract({
      address: reader.config.pool,
      abi: POOL_ABI,
      functionName: 'allocationCover',
      args: [plainAddress(payer), plainAddress(sessionKey), plainAddress(payee), contractProof(proof)],
    });
  } catch (thrown) {
    throw toChainError(thrown, 'read the collateral');
  }
}

/** A proof as the contract takes it. */
export function contractProof({ root, limit, siblings }: SumProof) {
  return {
    root: `0x${toHex(root)}` as Hex,
    limit,
    siblings: siblings.map(({ hash, sum, isLeft }) => ({ hash: `0x${toHex(hash)}` as Hex, sum, isLeft })),
  };
}
