import { parseEventLogs, type TransactionReceipt } from 'viem';
import { plainAddress } from '../../src/payment/voucher/voucher.ts';
import { type Address, isSameAddress } from '../../src/protocol/primitives.ts';
import { POOL_ABI } from '../../src/wallet/chain/chain.ts';
import type { RedeemChain } from './chain.ts';
import type { RedeemMetrics } from './metrics.ts';
import type { RedeemQueue } from './queue.ts';

/** What settling needs. */
export interface SettleInit {
  readonly chain: RedeemChain;
  readonly queue: RedeemQueue;
  readonly metrics: RedeemMetrics;
}

/**
 * Takes out of the queue what a transaction has paid in full; the rest stays for a later try. May run again for the
 * same receipt after a restart. Resolves with the payees that were paid.
 */
export async function settle(
  receipt: TransactionReceipt,
  payees: readonly Address[],
  { chain, queue, metrics }: SettleInit,
): Promise<ReadonlySet<Address>> {
  const logs = receipt.logs.filter(({ address }) => isSameAddress(address, chain.config.pool));
  const redeemed = parseEventLogs({ abi: POOL_ABI, eventName: 'Redeemed', logs });
  const paidOut = parseEventLogs({ abi: POOL_ABI, eventName: 'PaidOut', logs });
  for (const payee of payees) {
    const claims = redeemed.filter(({ args }) => isSameAddress(args.payee, payee));
    const isPaidOut = paidOut.some(({ args }) => isSameAddress(args.payee, payee));
    // A payout for the next nonce may have come since the block.
    const nextNonce = isPaidOut ? await chain.orderNonce(payee) : 0n;
    await queue.change(payee, (record) => {
      const vouchers = record.vouchers.filter(
        ({ signer, voucher }) =>
          !claims.some(
            ({ args }) =>
              isSameAddress(args.payer, voucher.payer) &&
              isSameAddress(args.signer, signer) &&
              args.claimed >= voucher.amount,
          ),
      );
      const { payout, ...rest } = record;
      const kept = payout === undefined || payout.nonce < nextNonce ? {} : { payout };
      return { ...rest, ...kept, vouchers };
    });
  }
  metrics.transactions++;
  if (receipt.status !== 'success') metrics.reverted++;
  metrics.redeemed += redeemed.reduce((sum, { args }) => sum + args.paid, 0n);
  metrics.fees += paidOut.reduce((sum, { args }) => sum + args.fee, 0n);
  metrics.gasWei += receipt.gasUsed * receipt.effectiveGasPrice;
  return new Set(redeemed.map(({ args }) => plainAddress(args.payee)));
}
