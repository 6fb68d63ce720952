import type { Hex } from 'viem';
import { toHex } from '../../base/bytes.ts';
import type { SumProof } from '../../payment/cover/sum-tree.ts';
import { plainAddress } from '../../payment/voucher/voucher.ts';
import type { SignedPayout } from '../../protocol/redeem.ts';
import type { SignedVoucher } from '../../protocol/work.ts';
import { contractProof } from '../pool/allocation-cover.ts';

/** A voucher with what shows that collateral covers it. */
export interface CoveredVoucher {
  readonly voucher: SignedVoucher;
  readonly proof?: SumProof;
}

/** A redemption as the pool takes it. */
export interface RedeemCall {
  readonly functionName: 'redeem' | 'redeemCovered' | 'redeemFor';
  readonly args: readonly unknown[];
}

const NO_PROOF = { root: `0x${'00'.repeat(32)}` as Hex, limit: 0n, siblings: [] };

/** The cheapest call that redeems these vouchers: with a payout for its payee's fee, with proofs only if there are any. */
export function redeemCall(rows: readonly CoveredVoucher[], payout?: SignedPayout): RedeemCall {
  const vouchers = rows.map(({ voucher }) => contractVoucher(voucher));
  const hasProofs = rows.some(({ proof }) => proof !== undefined);
  const proofs = hasProofs
    ? rows.map(({ proof }) => (proof === undefined ? NO_PROOF : contractProof(proof)))
    : [];
  if (payout !== undefined) {
    const { signature, ...order } = payout;
    const plain = { ...order, payee: plainAddress(order.payee), to: plainAddress(order.to) };
    return { functionName: 'redeemFor', args: [vouchers, proofs, plain, hex(signature)] };
  }
  return hasProofs
    ? { functionName: 'redeemCovered', args: [vouchers, proofs] }
    : { functionName: 'redeem', args: [vouchers] };
}

function contractVoucher({ payer, payee, amount, issued, signature }: SignedVoucher) {
  return {
    payer: plainAddress(payer),
    payee: plainAddress(payee),
    amount,
    issued,
    signature: hex(signature),
  };
}

function hex(bytes: Uint8Array): Hex {
  return `0x${toHex(bytes)}`;
}
