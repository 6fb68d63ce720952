import type { SweepSettings } from './job.ts';

/** The sweep behind `expected.csv`: twelve values in tasks of five, the last one short. */
export const EXPECTED_SETTINGS: SweepSettings = {
  from: 28,
  to: 325,
  values: 12,
  valuesPerTask: 5,
  time: 20,
  maxima: 4,
};
