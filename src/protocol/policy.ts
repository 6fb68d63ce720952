import * as v from 'valibot';
import { said } from './manifest-parts.ts';

/** A share between 0 and 1. */
const shareSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const auditRateSchema = said(shareSchema, 'Share of tasks, 0 to 1, that the requestor recomputes itself.');

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
    auditRate: auditRateSchema,
  }),
  v.strictObject({ kind: v.literal('adaptive'), auditRate: auditRateSchema }),
  v.strictObject({ kind: v.literal('trust'), auditRate: auditRateSchema }),
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
]);
export type Comparator = v.InferOutput<typeof comparatorSchema>;
