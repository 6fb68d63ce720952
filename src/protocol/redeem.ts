import * as v from 'valibot';
import type { Channel, StreamProtocol } from './channel.ts';
import { amountSchema } from './codec.ts';
import { allocationProofSchema } from './allocation.ts';
import { MAX_HANDED_VOUCHERS, MAX_REASON_CHARS, MAX_REDEEM_FRAME_BYTES } from './constants.ts';
import { addressSchema, countSchema } from './primitives.ts';
import { signedVoucherSchema } from './work.ts';

const chainIdSchema = v.pipe(countSchema, v.minValue(1));
const codeSchema = v.pipe(v.string(), v.regex(/^[a-z0-9/-]{1,60}$/));

/** What a payee signed to pay whoever redeems for it: the pool's `Payout`. Times are Unix seconds. */
export const signedPayoutSchema = v.strictObject({
  payee: addressSchema,
  to: addressSchema,
  amount: amountSchema,
  fee: amountSchema,
  nonce: amountSchema,
  /** A uint40 in the contract. */
  deadline: v.pipe(countSchema, v.maxValue(2 ** 40 - 1)),
  signature: v.pipe(v.instance(Uint8Array), v.length(65)),
});
export type SignedPayout = v.InferOutput<typeof signedPayoutSchema>;

/** A redeeming relay: payees hand their newest vouchers over and may leave; any peer dials the relay. */
export const REDEEM = {
  id: '/kiln/redeem/1',
  maxFrameBytes: MAX_REDEEM_FRAME_BYTES,
  // A hand-over costs the relay reads of the chain.
  framesPerSecond: 2,
  frameBurst: 20,
  maxStreamsPerPeer: 2,
  toListener: v.variant('type', [
    v.strictObject({ type: v.literal('ask-terms'), id: countSchema }),
    v.strictObject({
      type: v.literal('hand-over'),
      id: countSchema,
      chainId: chainIdSchema,
      pool: addressSchema,
      vouchers: v.pipe(
        v.array(
          v.strictObject({ voucher: signedVoucherSchema, proof: v.exactOptional(allocationProofSchema) }),
        ),
        v.minLength(1),
        v.maxLength(MAX_HANDED_VOUCHERS),
      ),
      /** Where the relay asks for a fee. */
      payout: v.exactOptional(signedPayoutSchema),
    }),
  ]),
  toDialer: v.variant('type', [
    v.strictObject({
      type: v.literal('terms'),
      id: countSchema,
      chainId: chainIdSchema,
      pool: addressSchema,
      token: addressSchema,
      /** For each voucher and once for the payout, in the token's smallest unit; 0 when its operator pays. */
      fee: amountSchema,
      /** Least that the vouchers of one payee must be worth together, at the gas price of this moment. */
      minimum: amountSchema,
    }),
    /** Written down: what is `queued` survives a restart of the relay. One entry per voucher, in order. */
    v.strictObject({
      type: v.literal('accepted'),
      id: countSchema,
      entries: v.pipe(
        v.array(
          v.strictObject({
            /** `known`: this one or a newer one was there already. */
            outcome: v.picklist(['queued', 'known', 'refused']),
            /** Why it was refused. */
            code: v.exactOptional(codeSchema),
          }),
        ),
        v.minLength(1),
        v.maxLength(MAX_HANDED_VOUCHERS),
      ),
    }),
    v.strictObject({
      type: v.literal('refused'),
      id: countSchema,
      code: codeSchema,
      reason: v.pipe(v.string(), v.maxLength(MAX_REASON_CHARS)),
    }),
  ]),
} as const satisfies StreamProtocol<v.GenericSchema, v.GenericSchema>;

/** payee → relay */
export type RedeemRequest = v.InferOutput<typeof REDEEM.toListener>;
/** relay → payee */
export type RedeemAnswer = v.InferOutput<typeof REDEEM.toDialer>;
export type HandOver = Extract<RedeemRequest, { type: 'hand-over' }>;
export type RedeemRelayChannel = Channel<RedeemAnswer, RedeemRequest>;
