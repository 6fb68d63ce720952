import * as v from 'valibot';

/** A share between 0 and 1. */
const shareSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/**
 * How a job's results are checked (design: verification, policies). `need` agreeing results of at most
 * `limit` replicas; `adaptive` lets that follow each provider's record; `trust` checks nothing.
 * `auditRate` is the share of tasks that the requestor recomputes itself.
 */
export const policySchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('quorum'),
    need: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9)),
    limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(15)),
    auditRate: shareSchema,
  }),
  v.strictObject({ kind: v.literal('adaptive'), auditRate: shareSchema }),
  v.strictObject({ kind: v.literal('trust'), auditRate: shareSchema }),
]);
export type Policy = v.InferOutput<typeof policySchema>;

/** When two results agree (design: verification, comparators). */
export const comparatorSchema = v.variant('class', [
  v.strictObject({ class: v.literal('exact') }),
  v.strictObject({
    class: v.literal('tolerance'),
    /** Relative tolerance of one element. */
    rtol: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
    /** Absolute tolerance of one element, in the element's own unit. */
    atol: v.pipe(v.number(), v.minValue(0)),
    /** Share of elements that may lie beyond both. */
    maxOutliers: shareSchema,
    /** Mean absolute error over all elements, in the element's own unit; images use it. */
    maxMeanError: v.optional(v.pipe(v.number(), v.minValue(0))),
  }),
]);
export type Comparator = v.InferOutput<typeof comparatorSchema>;
