import * as v from 'valibot';
import { inputSchema, said } from './manifest-parts.ts';

/** A share between 0 and 1. */
const shareSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const auditRateSchema = said(shareSchema, 'Share of tasks, 0 to 1, that the requestor recomputes itself.');

const checkEntries = {
  auditRate: auditRateSchema,
  ringerRate: v.optional(
    said(
      shareSchema,
      'Share of leases, 0 to 1, that hold a task whose answer is known already. Absent: none.',
    ),
  ),
  sameNumericClass: v.optional(
    said(
      v.boolean(),
      'Give a task only to GPUs that agree bit for bit, so that float shaders compare exactly.',
    ),
  ),
};

/**
 * How a job's results are checked (design: verification, policies). `need` agreeing results of at most
 * `limit` replicas; `adaptive` lets that follow each provider's record; `trust` checks nothing.
 * `auditRate` is the share of tasks that the requestor recomputes itself.
 */
export const policySchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('quorum'),
    need: said(
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9)),
      'Results that must agree before one is accepted.',
    ),
    limit: said(
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(15)),
      'Providers that one task is given to at most.',
    ),
    ...checkEntries,
  }),
  v.strictObject({
    kind: v.literal('adaptive'),
    threshold: v.optional(
      said(
        v.pipe(v.number(), v.minValue(0.5), v.maxValue(0.999_999)),
        'How sure a result must be before it is accepted, as a probability. Absent: 0.999.',
      ),
    ),
    assumedFaults: v.optional(
      said(
        v.pipe(v.number(), v.minValue(0.001), v.maxValue(0.5)),
        'Share of providers, 0 to 1, that are taken to cheat before anything is known of them. Absent: 0.03.',
      ),
    ),
    ...checkEntries,
  }),
  v.strictObject({ kind: v.literal('trust'), ...checkEntries }),
]);
export type Policy = v.InferOutput<typeof policySchema>;

/** When two results agree (design: verification, comparators). */
export const comparatorSchema = v.variant('class', [
  v.strictObject({ class: v.literal('exact') }),
  v.strictObject({
    class: v.literal('tolerance'),
    rtol: said(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 'Relative tolerance of one element.'),
    atol: said(
      v.pipe(v.number(), v.minValue(0)),
      "Absolute tolerance of one element, in the element's own unit.",
    ),
    maxOutliers: said(shareSchema, 'Share of elements, 0 to 1, that may lie beyond both.'),
    maxMeanError: v.optional(
      said(
        v.pipe(v.number(), v.minValue(0)),
        "Mean absolute error over all elements, in the element's own unit; pictures use it.",
      ),
    ),
  }),
  v.strictObject({
    class: v.literal('verifier'),
    module: said(
      inputSchema,
      'A WASI program, run by the requestor alone: it reads the inputs of a task below in/ and its outputs below out/ and exits with 0 when they are right, 1 when they are wrong.',
    ),
    args: v.optional(
      said(
        v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(16)),
        'Its command line, its own name first; "{name}" stands for a parameter of the task. Absent: "verify".',
      ),
    ),
  }),
]);
export type Comparator = v.InferOutput<typeof comparatorSchema>;
