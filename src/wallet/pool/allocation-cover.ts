import type { Hex, PublicClient } from 'viem';
import { toHex } from '../../base/bytes.ts';
import { MIN_KEY_LIFE_MS } from '../../payment/voucher/acceptance.ts';
import type { SumProof } from '../../payment/cover/sum-tree.ts';
import { plainAddress } from '../../payment/voucher/voucher.ts';
import type { PaymentTerms } from '../../protocol/payment-terms.ts';
import type { Address } from '../../protocol/primitives.ts';
import { POOL_ABI } from '../chain/chain.ts';

/**
 * What a payee can still draw with a proof, by the least that these nodes say; 0 for one that proves nothing, and for an
 * allocation that runs out within a minute. Throws what viem throws.
 */
export async function readAllocationCover(
  nodes: readonly PublicClient[],
  pool: Address,
  terms: PaymentTerms,
  payee: Address,
  proof: SumProof,
  nowMs: number,
): Promise<bigint> {
  const [payer, signer] = [plainAddress(terms.payer), plainAddress(terms.sessionKey)];
  const call = contractProof(proof);
  const covers = await Promise.all(
    nodes.map(async (node) => {
      const at = { address: pool, abi: POOL_ABI } as const;
      const [cover, [, , until]] = await Promise.all([
        node.readContract({
          ...at,
          functionName: 'allocationCover',
          args: [payer, signer, plainAddress(payee), call],
        }),
        node.readContract({ ...at, functionName: 'allocations', args: [payer, signer, call.root] }),
      ]);
      return until * 1_000 - nowMs >= MIN_KEY_LIFE_MS ? cover : 0n;
    }),
  );
  return covers.reduce((a, b) => (a < b ? a : b));
}

/** A proof as the contract takes it. */
export function contractProof({ root, limit, siblings }: SumProof) {
  return {
    root: `0x${toHex(root)}` as Hex,
    limit,
    siblings: siblings.map(({ hash, sum, isLeft }) => ({ hash: `0x${toHex(hash)}` as Hex, sum, isLeft })),
  };
}
