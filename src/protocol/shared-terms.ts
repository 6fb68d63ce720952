import * as v from 'valibot';
import { capabilitiesSchema } from './capabilities.ts';
import { paymentTermsSchema } from './payment-terms.ts';
import { comparatorSchema, policySchema } from './policy.ts';
import {
  addressSchema,
  cidSchema,
  countSchema,
  jobKindSchema,
  microUnitsSchema,
  multiaddrsSchema,
  peerIdSchema,
  timeSchema,
} from './primitives.ts';

/** What a demand says of its job and an agreement repeats word for word. */
export const jobTerms = {
  job: cidSchema,
  requestor: peerIdSchema,
  kind: jobKindSchema,
  microUnitsPerTask: microUnitsSchema,
  policy: policySchema,
  comparator: comparatorSchema,
  payment: paymentTermsSchema,
};

/** What a provider says of itself to all in an offer, and to one requestor in a proposal. */
export const machineTerms = {
  provider: peerIdSchema,
  addresses: multiaddrsSchema,
  payee: addressSchema,
  capabilities: v.optional(capabilitiesSchema),
  /** Since when this machine has been on offer without a break. */
  since: v.optional(timeSchema),
};

/** Slots of one machine: at least one, and no more than any machine has. */
export const slotsSchema = v.pipe(countSchema, v.minValue(1), v.maxValue(256));
