import * as v from 'valibot';
import type { Bytes } from '../base/bytes.ts';
import { KilnError } from '../base/errors.ts';
import { amountSchema, decode, encode } from './codec.ts';
import { MAX_MANIFEST_BYTES, MAX_NAME_CHARS, MAX_REASON_CHARS, MAX_TASKS_PER_JOB } from './constants.ts';
import { envelopeSchema, open, type Opened, sealBytes } from './envelope.ts';
import type { Identity, PeerId } from './identity.ts';
import { paymentTermsSchema } from './payment-terms.ts';
import { cidSchema, countSchema, microUnitsSchema, peerIdSchema, taskIndexSchema } from './primitives.ts';
import { timeSchema } from './primitives.ts';
import { commitIdSchema, taskTraceSchema } from './task-trace.ts';
import { leaseIdSchema, signedVoucherSchema } from './work.ts';

/** Largest file of a run that is read or written: about 200,000 tasks of two providers each. */
export const MAX_RUN_FILE_BYTES = 256 * 1024 * 1024;
/** Agreements of one run, renewals included. */
const MAX_AGREEMENTS = 10_000;
/** Ends of sentences that the requestor wrote itself may be longer than what strangers say. */
const MAX_ERROR_CHARS = 4 * MAX_REASON_CHARS;

const agreementPairSchema = v.strictObject({
  /** The same bytes, signed by each side. */
  requestor: envelopeSchema,
  provider: envelopeSchema,
});

/** A provider that was found to have delivered something wrong, here or elsewhere. */
const caughtSchema = v.strictObject({
  peer: peerIdSchema,
  at: timeSchema,
  reason: v.pipe(v.string(), v.maxLength(MAX_ERROR_CHARS)),
  task: v.optional(taskIndexSchema),
  lease: v.optional(leaseIdSchema),
});

/** A provider that was put aside for wasting the job's time, as its requestor saw it: nothing is proven by it. */
const setAsideSchema = v.strictObject({
  peer: peerIdSchema,
  at: timeSchema,
  reason: v.pipe(v.string(), v.maxLength(MAX_ERROR_CHARS)),
});

/**
 * All that happened in one run of a job, signed by its requestor in the domain `kiln/run/1`. It holds what others signed
 * as they signed it, so that a reader has to believe nobody: agreements, commitments, receipts, vouchers. It holds no
 * secret.
 */
export const runRecordSchema = v.strictObject({
  version: v.literal(1),
  /** What wrote it, e.g. `kiln 0.1.0`. */
  software: v.pipe(v.string(), v.maxLength(MAX_NAME_CHARS)),
  requestor: peerIdSchema,
  job: cidSchema,
  /** The manifest's bytes: their CID is the job's name. */
  manifest: v.pipe(v.instance(Uint8Array), v.maxLength(MAX_MANIFEST_BYTES)),
  status: v.picklist(['running', 'paused', 'done', 'cancelled', 'failed']),
  error: v.optional(v.pipe(v.string(), v.maxLength(MAX_ERROR_CHARS))),
  terms: v.strictObject({
    budget: amountSchema,
    priceCeiling: amountSchema,
    microUnitsPerTask: microUnitsSchema,
    seats: countSchema,
  }),
  payment: paymentTermsSchema,
  /** All that the session key has promised, in the token's smallest unit. */
  issued: amountSchema,
  createdAt: timeSchema,
  firstResultAt: v.optional(timeSchema),
  endedAt: v.optional(timeSchema),
  writtenAt: timeSchema,
  agreements: v.pipe(v.array(agreementPairSchema), v.maxLength(MAX_AGREEMENTS)),
  /** What providers signed about their results, by the names that traces use. */
  commits: v.record(commitIdSchema, envelopeSchema),
  /** In task order; tasks that were never leased have none. */
  traces: v.pipe(v.array(taskTraceSchema), v.maxLength(MAX_TASKS_PER_JOB)),
  caught: v.pipe(v.array(caughtSchema), v.maxLength(MAX_AGREEMENTS)),
  setAside: v.optional(v.pipe(v.array(setAsideSchema), v.maxLength(MAX_AGREEMENTS))),
  /** The newest of each payee. */
  vouchers: v.pipe(v.array(signedVoucherSchema), v.maxLength(MAX_AGREEMENTS)),
  /** What the other side of an agreement said when it had ended (`kiln/receipt/1`). */
  receipts: v.pipe(v.array(envelopeSchema), v.maxLength(MAX_AGREEMENTS)),
});
export type RunRecord = v.InferOutput<typeof runRecordSchema>;

/** Something in a record that does not hold. Tasks are counted from 0. */
export interface RunFinding {
  /** Names the rule, e.g. `commitment-broken`. */
  readonly rule: string;
  /** What is wrong, for people. */
  readonly message: string;
  readonly task?: number;
  readonly peer?: PeerId;
}

/** An envelope as others, but of a file's size. */
const runFileSchema = v.strictObject({
  ...envelopeSchema.entries,
  payload: v.pipe(v.instance(Uint8Array), v.maxLength(MAX_RUN_FILE_BYTES)),
});

/** The record as a file, signed; throws `run/too-large`. */
export function sealRunRecord(identity: Identity, record: RunRecord): Bytes {
  const payload = encode(record);
  if (payload.byteLength > MAX_RUN_FILE_BYTES) {
    throw new KilnError('run/too-large', 'The record of this run is too large for one file.', {
      data: { bytes: payload.byteLength, maxBytes: MAX_RUN_FILE_BYTES },
      hint: 'Take a larger step next time, so that the job has fewer tasks.',
    });
  }
  return encode(sealBytes(identity, 'kiln/run/1', payload));
}

/**
 * A stranger's file as the record of a run: form and the requestor's signature are checked here, all else by
 * `verifyRecord`. Throws `protocol/…`, `envelope/…`.
 */
export function openRunRecord(file: Uint8Array): Promise<Opened<RunRecord>> {
  const envelope = decode(runFileSchema, file, MAX_RUN_FILE_BYTES + 1_024);
  return open(envelope, 'kiln/run/1', runRecordSchema, MAX_RUN_FILE_BYTES);
}
