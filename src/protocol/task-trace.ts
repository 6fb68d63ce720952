import * as v from 'valibot';
import { MAX_REASON_CHARS } from './constants.ts';
import { addressSchema, countSchema, digestHexSchema, digestSchema, peerIdSchema } from './primitives.ts';
import { taskIndexSchema, timeSchema } from './primitives.ts';
import { exitSchema, numericClassSchema, resultSchema } from './task.ts';
import { leaseIdSchema, verdictOutcomeSchema } from './work.ts';

/*
 * What happened to one task, bounded: kept by its requestor, shown on the Job page, and part of the record of a run.
 * Times are the requestor's clock in milliseconds since 1970.
 */

/** Entries of each list that a trace keeps; what goes beyond is counted in `omitted`. */
export const MAX_TRACE_RUNS = 24;
export const MAX_TRACE_CHECKS = 48;
export const MAX_TRACE_STEPS = 48;
export const MAX_TRACE_VERDICTS = 8;

const reasonSchema = v.pipe(v.string(), v.maxLength(MAX_REASON_CHARS));
/** The requestor's own result, where others are named by their lease. */
export const OWN_DEVICE = 'own';
const resultIdSchema = v.union([leaseIdSchema, v.literal(OWN_DEVICE)]);
const at = { at: timeSchema };

/** Name of a signed commit in its job: the lease, and the first task that it was heard of for. */
export const commitIdSchema = v.pipe(v.string(), v.regex(/^[a-z0-9]{1,32}\.\d{1,7}$/));

/** One replica: who was given the task under which agreement, what it signed and showed, what it was told. */
export const traceRunSchema = v.strictObject({
  lease: leaseIdSchema,
  peer: peerIdSchema,
  payee: addressSchema,
  agreement: digestHexSchema,
  cause: v.picklist(['work', 'duplicate', 'check', 'ringer']),
  leasedAt: timeSchema,
  /** Of all tasks in the same commit together, as the provider says. */
  wallMs: v.optional(v.pipe(v.number(), v.minValue(0))),
  committedAt: v.optional(timeSchema),
  commit: v.optional(commitIdSchema),
  revealedAt: v.optional(timeSchema),
  nonce: v.optional(v.pipe(v.instance(Uint8Array), v.length(16))),
  digest: v.optional(digestSchema),
  exit: v.optional(exitSchema),
  numericClass: v.optional(numericClassSchema),
  /** It came to no result that votes. */
  ended: v.optional(
    v.strictObject({ ...at, how: v.picklist(['lost', 'inconclusive', 'broken']), reason: reasonSchema }),
  ),
  verdicts: v.pipe(
    v.array(v.strictObject({ ...at, outcome: verdictOutcomeSchema, reason: v.optional(reasonSchema) })),
    v.maxLength(MAX_TRACE_VERDICTS),
  ),
});
export type TraceRun = v.InferOutput<typeof traceRunSchema>;

const traceCheckSchema = v.variant('kind', [
  v.strictObject({
    ...at,
    kind: v.literal('compared'),
    a: resultIdSchema,
    b: resultIdSchema,
    agrees: v.boolean(),
    reason: v.optional(reasonSchema),
  }),
  v.strictObject({
    ...at,
    kind: v.literal('judged'),
    lease: resultIdSchema,
    outcome: v.picklist(['right', 'wrong', 'inconclusive']),
    reason: v.optional(reasonSchema),
    /** What the verifier's chance was made of: with it, anyone can repeat the check. */
    seed: v.optional(digestHexSchema),
  }),
  v.strictObject({ ...at, kind: v.literal('own-run') }),
  v.strictObject({ ...at, kind: v.literal('own-result'), digest: digestSchema }),
  v.strictObject({ ...at, kind: v.literal('own-failed'), reason: reasonSchema }),
]);
export type TraceCheck = v.InferOutput<typeof traceCheckSchema>;

const traceStepSchema = v.variant('kind', [
  v.strictObject({
    ...at,
    kind: v.literal('settled'),
    canonical: resultIdSchema,
    digest: digestSchema,
    isReplacing: v.boolean(),
  }),
  v.strictObject({
    ...at,
    kind: v.picklist(['released', 'rechecked', 'reopened', 'failed']),
    reason: reasonSchema,
  }),
]);
export type TraceStep = v.InferOutput<typeof traceStepSchema>;

/** The trace of one task. `steps` are about the task as a whole: which result stands, and since when for good. */
export const taskTraceSchema = v.strictObject({
  task: taskIndexSchema,
  runs: v.pipe(v.array(traceRunSchema), v.maxLength(MAX_TRACE_RUNS)),
  checks: v.pipe(v.array(traceCheckSchema), v.maxLength(MAX_TRACE_CHECKS)),
  steps: v.pipe(v.array(traceStepSchema), v.maxLength(MAX_TRACE_STEPS)),
  /** The statement of the newest settled result. */
  result: v.optional(resultSchema),
  /** Entries that did not fit. */
  omitted: countSchema,
});
export type TaskTrace = v.InferOutput<typeof taskTraceSchema>;

/** Where a task stands by its trace: `open` has no result that stands, `provisional` one that may still fall. */
export function standingOf({
  steps,
}: Pick<TaskTrace, 'steps'>): 'open' | 'provisional' | 'verified' | 'failed' {
  let standing: ReturnType<typeof standingOf> = 'open';
  for (const { kind } of steps) {
    if (kind === 'settled') standing = 'provisional';
    else if (kind === 'failed') standing = 'failed';
    else if (kind === 'reopened') standing = 'open';
    // Only what stands can be released.
    else if (kind === 'released' && standing === 'provisional') standing = 'verified';
  }
  return standing;
}
