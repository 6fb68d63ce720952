import { KilnError } from '../../base/errors.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { laneOf } from '../lanes.ts';

/** Throws a `job/…` error when a job's policy and comparator fit neither each other nor its program. */
export function checkPolicy({ policy, comparator, program }: Manifest): void {
  if (policy.kind === 'quorum' && policy.need > policy.limit) {
    throw new KilnError(
      'job/policy-impossible',
      `policy: needs ${policy.need} equal results of at most ${policy.limit} replicas.`,
      {
        data: { path: 'policy', need: policy.need, limit: policy.limit },
        hint: 'Raise the limit of replicas, or need fewer equal results.',
      },
    );
  }
  if (policy.sameNumericClass === true && laneOf(program) !== 'gpu') {
    throw new KilnError(
      'job/numeric-class-without-gpu',
      'policy.sameNumericClass: only GPUs have numeric classes; this program runs on processors, which all agree.',
      {
        data: { path: 'policy.sameNumericClass', kind: program.kind },
        hint: 'Leave sameNumericClass out: results of WASI programs, and of models on the "wasm" backend, are the same everywhere.',
      },
    );
  }
  if (comparator.class === 'exact' && program.kind === 'onnx' && program.backend === 'webgpu') {
    throw new KilnError(
      'job/exact-on-gpu',
      'comparator.class: models on the GPU differ in the last digits, so "exact" would call honest results wrong.',
      {
        data: { path: 'comparator.class' },
        hint: 'Compare with a "tolerance", or run the model on the "wasm" backend.',
      },
    );
  }
  if (comparator.class === 'tolerance' && program.kind === 'wasi') {
    throw new KilnError(
      'job/tolerance-without-numbers',
      'comparator.class: only numbers of a GPU or a model can be compared with a "tolerance".',
      {
        data: { path: 'comparator.class' },
        hint: "Compare a WASI job's results exactly: they are the same on every device.",
      },
    );
  }
}
