import type { PostedProof } from '../payment/cover/sum-tree.ts';
import type { PaymentTerms } from '../protocol/payment-terms.ts';
import type { Envelope } from '../protocol/envelope.ts';
import type { Agreement } from '../protocol/negotiate.ts';
import type { Address } from '../protocol/primitives.ts';
import type { SignedVoucher } from '../protocol/work.ts';

/** An agreement as its provider keeps it: the terms, and both signatures over the same bytes. */
export interface AgreementRecord {
  readonly digest: string;
  readonly agreement: Agreement;
  readonly requestorEnvelope: Envelope;
  readonly providerEnvelope: Envelope;
  readonly jobName: string;
  readonly agreedAtMs: number;
}

/** The newest voucher of one payer and session key for one payee: the money a provider must not lose. */
export interface VoucherRecord {
  readonly terms: PaymentTerms;
  readonly payee: Address;
  readonly voucher: SignedVoucher;
  readonly receivedAtMs: number;
  /** When the first voucher of this tuple came; absent in records of earlier versions. */
  readonly firstAtMs?: number;
  /** Show the chain that collateral is set aside for this payee; each was confirmed when it came. */
  readonly proofs?: readonly PostedProof[];
}

/** Vouchers are cumulative per (chain, pool, payer, session key, payee); this is that tuple as a storage key. */
export function voucherKey(terms: PaymentTerms, payee: Address | string): string {
  return [terms.chainId, terms.pool, terms.payer, terms.sessionKey, payee].join(':').toLowerCase();
}
