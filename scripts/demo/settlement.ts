import { createPublicClient, http } from 'viem';
import { voucherPoolAbi } from '../../src/wallet/artifacts/voucher-pool.ts';
import type { NetworkConfig } from '../../src/kiln/kiln.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import type { HeldVoucher } from './provider-tab.ts';

/** One provider's money: promised by the requestor, paid out by the pool. Amounts in the token's smallest unit. */
export interface Settlement {
  readonly peer: string;
  readonly payee: Address;
  readonly tasks: number;
  readonly paid: bigint;
  /** What the pool's own books say was redeemed for this payee. */
  readonly redeemed: bigint;
}

/** All that the pool has paid this payee against the given vouchers' keys, read from the chain. */
export async function claimedOnChain(
  chain: NetworkConfig['chain'],
  payee: Address,
  vouchers: readonly HeldVoucher[],
): Promise<bigint> {
  const client = createPublicClient({ transport: http(chain.rpcUrl) });
  const claimed = await Promise.all(
    vouchers.map(({ payer, sessionKey }) =>
      client.readContract({
        address: chain.pool,
        abi: voucherPoolAbi,
        functionName: 'claimed',
        args: [payer, sessionKey, payee],
      }),
    ),
  );
  return claimed.reduce((sum, amount) => sum + amount, 0n);
}

/**
 * What is wrong with the outcome, in words; nothing when every task was verified, and every provider's pay was
 * redeemed to the last unit.
 */
export function findFaults(
  job: { readonly tasks: number; readonly verified: number; readonly status: string; readonly spent: bigint },
  settlements: readonly Settlement[],
): string[] {
  const faults: string[] = [];
  if (job.status !== 'done') faults.push(`The job ended as "${job.status}".`);
  if (job.verified !== job.tasks) faults.push(`Only ${job.verified} of ${job.tasks} tasks were verified.`);
  for (const { peer, paid, redeemed } of settlements) {
    if (paid !== redeemed)
      faults.push(`${peer} was promised ${paid} but redeemed ${redeemed} (smallest units).`);
  }
  const redeemed = settlements.reduce((sum, one) => sum + one.redeemed, 0n);
  if (redeemed !== job.spent) faults.push(`The requestor spent ${job.spent}, the pool paid ${redeemed}.`);
  if (redeemed === 0n) faults.push('Nobody was paid.');
  return faults;
}
