import * as v from 'valibot';
import type { StreamProtocol } from './channel.ts';
import { amountSchema } from './codec.ts';
import { MAX_NEGOTIATE_FRAME_BYTES, MAX_REASON_CHARS, MAX_STREAMS_PER_PEER } from './constants.ts';
import { envelopeSchema } from './envelope.ts';
import { groupProofSchema } from './group.ts';
import { recordRefSchema } from './receipt.ts';
import {
  addressSchema,
  cidSchema,
  countSchema,
  digestHexSchema,
  jobKindSchema,
  peerIdSchema,
  timeSchema,
} from './primitives.ts';
import { jobTerms, machineTerms, slotsSchema } from './shared-terms.ts';

/** A provider's answer to a demand; signed in the domain `kiln/proposal/1`. */
export const proposalSchema = v.strictObject({
  ...machineTerms,
  job: cidSchema,
  requestor: peerIdSchema,
  kind: jobKindSchema,
  pricePerUnit: amountSchema,
  slots: slotsSchema,
  microUnitsPerSecond: countSchema,
  /** Unpaid or uncovered work that the provider will risk, in the token's smallest unit. */
  creditLimit: amountSchema,
  /** Bytes of the job's inputs that it already has. */
  cachedBytes: countSchema,
  /** Shows membership in the group that the demand wants. */
  group: v.optional(groupProofSchema),
  /** What requestors said of this provider. */
  record: v.optional(recordRefSchema),
  issuedAt: timeSchema,
  expiresAt: timeSchema,
});
export type Proposal = v.InferOutput<typeof proposalSchema>;

/** What both sides sign, in the domain `kiln/agreement/1`. Its name is the hex SHA-256 of its bytes. */
export const agreementSchema = v.strictObject({
  ...jobTerms,
  provider: peerIdSchema,
  payee: addressSchema,
  pricePerUnit: amountSchema,
  slots: slotsSchema,
  creditLimit: amountSchema,
  /** The agreement that this one goes on from, with the same terms; work in hand stays in hand. */
  renews: v.optional(digestHexSchema),
  issuedAt: timeSchema,
  expiresAt: timeSchema,
  /** Makes two agreements over the same terms different. */
  nonce: v.pipe(v.instance(Uint8Array), v.length(16)),
});
export type Agreement = v.InferOutput<typeof agreementSchema>;

/** Why a proposal or agreement was turned down; both UIs show it. */
export const refusalReasonSchema = v.picklist([
  'job-unknown',
  'job-ended',
  'seats-filled',
  'price-above-ceiling',
  'requirements-not-met',
  'same-payee',
  'banned',
  'terms-differ',
  'bad-signature',
  'not-covered',
  'busy',
  'not-in-group',
  'bad-record',
  'other-numeric-class',
]);
export type RefusalReason = v.InferOutput<typeof refusalReasonSchema>;

const refusalSchema = v.strictObject({
  type: v.literal('refusal'),
  reason: refusalReasonSchema,
  detail: v.pipe(v.string(), v.maxLength(MAX_REASON_CHARS)),
});

/** provider → requestor: `proposal`, then `counter-signature` or `refusal`. requestor → provider: `agreement` or `refusal`, then `sealed`. */
export const NEGOTIATE = {
  id: '/kiln/negotiate/1',
  maxFrameBytes: MAX_NEGOTIATE_FRAME_BYTES,
  framesPerSecond: 10,
  frameBurst: 20,
  maxStreamsPerPeer: MAX_STREAMS_PER_PEER,
  toListener: v.variant('type', [
    v.strictObject({ type: v.literal('proposal'), proposal: envelopeSchema }),
    v.strictObject({ type: v.literal('counter-signature'), agreement: envelopeSchema }),
    refusalSchema,
  ]),
  toDialer: v.variant('type', [
    v.strictObject({ type: v.literal('agreement'), agreement: envelopeSchema }),
    /** The counter-signature arrived and is stored: the work stream may open. */
    v.strictObject({ type: v.literal('sealed') }),
    refusalSchema,
  ]),
} as const satisfies StreamProtocol<v.GenericSchema, v.GenericSchema>;
