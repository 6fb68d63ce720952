import * as v from 'valibot';
import { addressSchema, countSchema } from './primitives.ts';

/** Where vouchers are redeemed, and who signs them. */
export const paymentTermsSchema = v.strictObject({
  chainId: countSchema,
  pool: addressSchema,
  payer: addressSchema,
  sessionKey: addressSchema,
});
export type PaymentTerms = v.InferOutput<typeof paymentTermsSchema>;
