import * as v from 'valibot';
import { amountSchema } from './codec.ts';
import { MAX_RECORD_BYTES, MAX_RECORD_RECEIPTS } from './constants.ts';
import { envelopeSchema } from './envelope.ts';
import { paymentTermsSchema } from './payment-terms.ts';
import { policySchema } from './policy.ts';
import {
  addressSchema,
  cidSchema,
  countSchema,
  digestHexSchema,
  digestSchema,
  jobKindSchema,
  peerIdSchema,
  timeSchema,
} from './primitives.ts';

/**
 * What one side says of an agreement that has ended, signed in the domain `kiln/receipt/1` and given to the other, who
 * keeps it and shows it to strangers (design: verification, reputation). Counts are of tasks.
 */
export const receiptSchema = v.strictObject({
  agreement: digestHexSchema,
  job: cidSchema,
  kind: jobKindSchema,
  requestor: peerIdSchema,
  provider: peerIdSchema,
  payee: addressSchema,
  payment: paymentTermsSchema,
  policy: policySchema,
  accepted: countSchema,
  rejected: countSchema,
  /** Leased and never delivered, or too late. */
  lost: countSchema,
  /** Under this agreement, in the token's smallest unit. */
  paid: amountSchema,
  /** SHA-256 of the newest voucher's EIP-712 digest input as both know it; absent when nothing was paid. */
  voucher: v.optional(digestSchema),
  beganAt: timeSchema,
  endedAt: timeSchema,
});
export type Receipt = v.InferOutput<typeof receiptSchema>;

/** A blob that is shown to somebody: its name and size. */
export const recordRefSchema = v.strictObject({
  cid: cidSchema,
  bytes: v.pipe(countSchema, v.maxValue(MAX_RECORD_BYTES)),
});
export type RecordRef = v.InferOutput<typeof recordRefSchema>;

/**
 * One's own record, signed in the domain `kiln/record/1` by its owner: receipts that others signed about it. It travels as
 * a blob named in a demand or a proposal, and is the file of an export.
 */
export const peerRecordSchema = v.strictObject({
  version: v.literal(1),
  owner: peerIdSchema,
  receipts: v.pipe(v.array(envelopeSchema), v.maxLength(MAX_RECORD_RECEIPTS)),
  issuedAt: timeSchema,
});
export type PeerRecord = v.InferOutput<typeof peerRecordSchema>;
