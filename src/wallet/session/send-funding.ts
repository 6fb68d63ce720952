import type { WalletAccount } from '../account/account.ts';
import type { PoolReader } from '../pool/pool-reader.ts';
import { type FundingSender, fundingCalls, type SignedFunding } from './signed-funding.ts';
import { allowanceOf } from './spend-tokens.ts';
import { transact } from '../chain/transact.ts';

/**
 * An account of one's own that pays the gas of what another account signed: each call is tried before it is sent. An
 * approval that somebody else has sent already is not sent again.
 *
 * @example
 * await fundBySignature(reader, payer, authorization, fundingSender(reader, accountWithGas));
 */
export function fundingSender(reader: PoolReader, account: WalletAccount): FundingSender {
  return {
    async sendFunding(funding, signal) {
      const calls = fundingCalls(reader.config, funding);
      const last = calls.pop()!;
      for (const call of calls) {
        if (await isApproved(reader, funding)) continue;
        try {
          await transact(reader, account, call, signal);
        } catch (thrown) {
          // Anyone may send it, so somebody may have been faster: then it failed here and is done all the same.
          if (!(await isApproved(reader, funding))) throw thrown;
        }
      }
      return (await transact(reader, account, last, signal)).transactionHash;
    },
  };
}

async function isApproved(reader: PoolReader, funding: SignedFunding): Promise<boolean> {
  if (funding.kind === 'authorize') return true;
  return (await allowanceOf(reader, { address: funding.order.payer })) >= funding.order.amount;
}
