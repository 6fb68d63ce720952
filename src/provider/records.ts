import type { PostedProof } from '../payment/cover/sum-tree.ts';
import type { PaymentTerms } from '../protocol/payment-terms.ts';
import type { Envelope } from '../protocol/envelope.ts';
import type { Agreement } from '../protocol/negotiate.ts';
import type { Address } from '../protocol/primitives.ts';
import type { SignedVoucher } from '../protocol/work.ts';
import type { PeerAddress } from './slices.ts';

/** An agreement as its provider keeps it: the terms, and both signatures over the same bytes. */
export interface AgreementRecord {
  readonly digest: string;
  readonly agreement: Agreement;
  readonly requestorEnvelope: Envelope;
  readonly providerEnvelope: Envelope;
  readonly jobName: string;
  readonly agreedAtMs: number;
}

/**
 * How far the work under one agreement is: what its receipt and visits after its end need. Kept under the name of the
 * first agreement, until everything is settled.
 */
export interface WorkRecord {
  /** Names of the agreement and of its renewals, oldest first. */
  readonly digests: readonly string[];
  /** The newest of them that the requestor has surely stored. */
  readonly greeting: string;
  readonly jobName: string;
  readonly requestor: PeerAddress;
  /** Tasks. */
  readonly leased: number;
  readonly delivered: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Tasks that were handed over and are not judged, by lease. */
  readonly open: Readonly<Record<string, readonly number[]>>;
  /** Tasks whose pay is held back, by lease. */
  readonly held: Readonly<Record<string, readonly number[]>>;
  /** In the token's smallest unit: by vouchers, and what of that pays for this agreement. */
  readonly earned: bigint;
  readonly paidHere: bigint;
  /** Amount of the newest voucher that is counted in these two. */
  readonly counted: bigint;
  /** When this was last written by the tab that did the work. */
  readonly savedAtMs: number;
  /** When it ended, if that tab saw it. */
  readonly endedAtMs?: number;
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
