import type { Abi, Hex } from 'viem';
import type { AuthorizeOrder, DepositOrder } from '../../payment/voucher/orders.ts';
import type { Address } from '../../protocol/primitives.ts';
import { POOL_ABI } from '../chain/chain.ts';
import { approvalCall, type SignedApproval } from '../token/token-approval.ts';
import type { TypedCall } from '../chain/transact.ts';

/** Which pool a signed order is for. */
export interface FundingHome {
  readonly id: number;
  readonly token: Address;
  readonly pool: Address;
}

/** All that somebody needs to fund a session for an account that sends nothing itself. */
export type SignedFunding =
  | {
      readonly kind: 'deposit';
      readonly order: DepositOrder;
      readonly signature: Hex;
      /** Goes to the token before; absent where the pool may take the amount already. */
      readonly approval?: SignedApproval;
    }
  | { readonly kind: 'authorize'; readonly order: AuthorizeOrder; readonly signature: Hex };

/** Somebody with native coin who carries out what others signed: a relay, or another account. */
export interface FundingSender {
  /** Sends it and resolves with the hash of the last transaction, before any block has it. Throws `wallet/…` errors. */
  sendFunding(funding: SignedFunding, signal?: AbortSignal): Promise<Hex>;
}

/**
 * The calls that carry signed funding out, in this order. Anyone may send them; nobody can change them.
 *
 * @example
 * for (const call of fundingCalls(config, funding)) await transact(reader, account, call);
 */
export function fundingCalls({ token, pool }: FundingHome, funding: SignedFunding): TypedCall<Abi, string>[] {
  const { signature } = funding;
  if (funding.kind === 'authorize') {
    const args = [funding.order, signature];
    const action = 'authorise the session key';
    return [{ address: pool, abi: POOL_ABI, functionName: 'authorizeSignerBySig', args, action }];
  }
  const { order, approval } = funding;
  const action = 'deposit for the payer';
  const deposit = {
    address: pool,
    abi: POOL_ABI,
    functionName: 'depositBySig',
    args: [order, signature],
    action,
  };
  return approval === undefined ? [deposit] : [approvalCall(token, approval), deposit];
}
