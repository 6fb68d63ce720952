import type { JobKind } from '../../protocol/primitives.ts';

/** What a device lends for each kind of job, in the words of the tables. */
export const LENT_NAMES: Readonly<Record<JobKind, string>> = {
  wasi: 'Core',
  wgsl: 'GPU',
  onnx: 'Models',
};

/** What the gallery says of a job's kind. */
export const NEED_NAMES: Readonly<Record<JobKind, string>> = {
  wasi: 'Runs on cores',
  wgsl: 'Runs on GPUs',
  onnx: 'A model, runs on cores',
};
