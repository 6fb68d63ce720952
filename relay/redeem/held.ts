import * as v from 'valibot';
import type { Address } from '../../src/protocol/primitives.ts';
import { addressSchema, timeSchema } from '../../src/protocol/primitives.ts';
import { allocationProofSchema } from '../../src/protocol/allocation.ts';
import { signedPayoutSchema } from '../../src/protocol/redeem.ts';
import { signedVoucherSchema } from '../../src/protocol/work.ts';
import { MAX_VOUCHERS_PER_PAYEE } from './limits.ts';

const plainAddressSchema = v.pipe(
  addressSchema,
  v.transform((text) => text.toLowerCase() as Address),
);

/** A voucher that this relay will redeem. */
const heldVoucherSchema = v.strictObject({
  /** The session key that signed it, in lower case. */
  signer: plainAddressSchema,
  voucher: signedVoucherSchema,
  proof: v.exactOptional(allocationProofSchema),
  expiresAtMs: timeSchema,
  acceptedAtMs: timeSchema,
});
export type HeldVoucher = v.InferOutput<typeof heldVoucherSchema>;

/** What is held for one payee: the content of its file. */
export const payeeRecordSchema = v.strictObject({
  /** In lower case. */
  payee: plainAddressSchema,
  vouchers: v.pipe(v.array(heldVoucherSchema), v.minLength(1), v.maxLength(MAX_VOUCHERS_PER_PAYEE)),
  payout: v.exactOptional(signedPayoutSchema),
});
export type PayeeRecord = v.InferOutput<typeof payeeRecordSchema>;

/** Vouchers of one payee with this same key replace each other. */
export function counterOf({ signer, voucher }: HeldVoucher): string {
  return `${voucher.payer}/${signer}`.toLowerCase();
}
