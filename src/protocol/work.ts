import * as v from 'valibot';
import { coveredSchema } from './allocation.ts';
import type { Channel, StreamProtocol } from './channel.ts';
import { amountSchema } from './codec.ts';
import {
  MAX_COMMIT_ENTRIES,
  MAX_OPEN_LEASES,
  MAX_OUTPUT_FILES,
  MAX_REASON_CHARS,
  MAX_STREAMS_PER_PEER,
  MAX_TASKS_PER_LEASE,
  MAX_WORK_FRAME_BYTES,
  WORK_FRAME_BURST,
  WORK_FRAMES_PER_SECOND,
} from './constants.ts';
import { envelopeSchema } from './envelope.ts';
import { guestPathSchema } from './manifest-parts.ts';
import {
  addressSchema,
  countSchema,
  digestHexSchema,
  digestSchema,
  peerIdSchema,
  taskIndexSchema,
} from './primitives.ts';
import { resultSchema } from './task.ts';

/** Name of a lease: unique in its job. */
export const leaseIdSchema = v.pipe(v.string(), v.regex(/^[a-z0-9]{1,32}$/));
const reasonSchema = v.pipe(v.string(), v.maxLength(MAX_REASON_CHARS));
const tasksSchema = v.pipe(v.array(taskIndexSchema), v.minLength(1), v.maxLength(MAX_TASKS_PER_LEASE));
const nonceSchema = v.pipe(v.instance(Uint8Array), v.length(16));

/** What a provider signs for the tasks of a lease that it has finished (domain `kiln/commit/1`). */
export const commitSchema = v.strictObject({
  agreement: digestHexSchema,
  lease: leaseIdSchema,
  entries: v.pipe(
    v.array(v.strictObject({ task: taskIndexSchema, commitment: digestSchema })),
    v.minLength(1),
    v.maxLength(MAX_COMMIT_ENTRIES),
  ),
});
export type Commit = v.InferOutput<typeof commitSchema>;

/** One revealed result: what the commitment was made of. */
export const revealedSchema = v.strictObject({
  task: taskIndexSchema,
  nonce: nonceSchema,
  result: resultSchema,
  inline: v.pipe(v.record(guestPathSchema, v.instance(Uint8Array)), v.maxEntries(MAX_OUTPUT_FILES)),
});
export type Revealed = v.InferOutput<typeof revealedSchema>;

/** A voucher with its EIP-712 signature. Amounts are cumulative (design: payments). */
export const signedVoucherSchema = v.strictObject({
  payer: addressSchema,
  payee: addressSchema,
  amount: amountSchema,
  issued: amountSchema,
  signature: v.pipe(v.instance(Uint8Array), v.length(65)),
});
export type SignedVoucher = v.InferOutput<typeof signedVoucherSchema>;

/**
 * What became of a delivered task. Only `accepted` ones are paid. A `provisional` one stands for now and its pay is held
 * back; another verdict follows.
 */
export const verdictOutcomeSchema = v.picklist([
  'accepted',
  'provisional',
  'rejected',
  'inconclusive',
  'not-needed',
]);
export type VerdictOutcome = v.InferOutput<typeof verdictOutcomeSchema>;

const pingSchema = v.strictObject({ type: v.literal('ping'), nonce: countSchema });
const pongSchema = v.strictObject({ type: v.literal('pong'), nonce: countSchema });
/** A signed {@link receiptSchema} of the side that sends it, once the agreement has ended. */
const receiptMessageSchema = v.strictObject({ type: v.literal('receipt'), receipt: envelopeSchema });
const drainSchema = v.strictObject({ type: v.literal('drain'), reason: reasonSchema });

/** One long-lived stream per agreement, opened by the provider. Idempotent by lease and task id. */
export const WORK = {
  id: '/kiln/work/2',
  maxFrameBytes: MAX_WORK_FRAME_BYTES,
  framesPerSecond: WORK_FRAMES_PER_SECOND,
  frameBurst: WORK_FRAME_BURST,
  maxStreamsPerPeer: MAX_STREAMS_PER_PEER,
  /** provider → requestor */
  toListener: v.variant('type', [
    /** First frame. After a break `leases` names what the provider still holds; the rest is leased again. */
    v.strictObject({
      type: v.literal('hello'),
      agreement: digestHexSchema,
      leases: v.pipe(v.array(leaseIdSchema), v.maxLength(MAX_OPEN_LEASES)),
    }),
    v.strictObject({ type: v.literal('ready'), slots: v.pipe(countSchema, v.maxValue(256)) }),
    v.strictObject({
      type: v.literal('progress'),
      lease: leaseIdSchema,
      task: taskIndexSchema,
      /** Between 0 and 1. */
      done: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
    }),
    /** Signed {@link commitSchema}: "finished, and I can no longer change my mind". */
    v.strictObject({
      type: v.literal('commit'),
      commit: envelopeSchema,
      wallMs: v.pipe(v.number(), v.minValue(0)),
    }),
    /**
     * After `reveal`. `inline` holds the bytes of small outputs by path; the others are fetched as blobs from this
     * peer. One frame holds the results of many small tasks.
     */
    v.strictObject({
      type: v.literal('results'),
      lease: leaseIdSchema,
      entries: v.pipe(v.array(revealedSchema), v.minLength(1), v.maxLength(MAX_TASKS_PER_LEASE)),
    }),
    /** These tasks could not be run; they go back to the queue and are no vote. */
    v.strictObject({
      type: v.literal('failed'),
      lease: leaseIdSchema,
      tasks: tasksSchema,
      reason: reasonSchema,
    }),
    /** More is owed than this provider leaves uncovered: it asks for collateral of `missing` more. No answer is due. */
    v.strictObject({ type: v.literal('cover'), missing: amountSchema }),
    /** Counter-signature of a `renewal`. */
    v.strictObject({ type: v.literal('renewed'), agreement: envelopeSchema }),
    receiptMessageSchema,
    drainSchema,
    pingSchema,
    pongSchema,
  ]),
  /** requestor → provider */
  toDialer: v.variant('type', [
    v.strictObject({
      type: v.literal('lease'),
      lease: leaseIdSchema,
      tasks: tasksSchema,
      /** Milliseconds from arrival. */
      deadlineMs: v.pipe(countSchema, v.minValue(1)),
      /** Peers that hold the job's inputs, beside the requestor. */
      holders: v.pipe(v.array(peerIdSchema), v.maxLength(8)),
    }),
    v.strictObject({
      type: v.literal('reveal'),
      lease: leaseIdSchema,
      tasks: tasksSchema,
      /** Send small outputs' bytes along (an agreeing replica already brought them when false). */
      withBytes: v.boolean(),
    }),
    v.strictObject({
      type: v.literal('verdict'),
      entries: v.pipe(
        v.array(
          v.strictObject({
            lease: leaseIdSchema,
            task: taskIndexSchema,
            outcome: verdictOutcomeSchema,
            reason: v.optional(reasonSchema),
          }),
        ),
        v.minLength(1),
        v.maxLength(MAX_TASKS_PER_LEASE),
      ),
    }),
    /** Raises the cumulative voucher by exactly the price of `tasks` more accepted tasks. */
    v.strictObject({
      type: v.literal('voucher'),
      voucher: signedVoucherSchema,
      /** The agreement under which it is given. */
      agreement: digestHexSchema,
      tasks: v.pipe(countSchema, v.maxValue(1_000_000)),
    }),
    v.strictObject({
      type: v.literal('cancel'),
      leases: v.pipe(v.array(leaseIdSchema), v.minLength(1), v.maxLength(MAX_OPEN_LEASES)),
    }),
    coveredSchema,
    /** The same agreement for longer, signed by the requestor; counter-signed by `renewed`. */
    v.strictObject({ type: v.literal('renewal'), agreement: envelopeSchema }),
    receiptMessageSchema,
    drainSchema,
    pingSchema,
    pongSchema,
  ]),
} as const satisfies StreamProtocol<v.GenericSchema, v.GenericSchema>;

/** provider → requestor */
export type WorkUp = v.InferOutput<typeof WORK.toListener>;
/** requestor → provider */
export type WorkDown = v.InferOutput<typeof WORK.toDialer>;
export type ProviderWorkChannel = Channel<WorkUp, WorkDown>;
export type RequestorWorkChannel = Channel<WorkDown, WorkUp>;
