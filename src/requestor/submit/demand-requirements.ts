import * as v from 'valibot';
import { KilnError } from '../../base/errors.ts';
import { effectiveLimits } from '../../job/limits.ts';
import { mergeRequirements } from '../../market/match/merge-requirements.ts';
import { type Requirements, requirementsSchema } from '../../protocol/capabilities.ts';
import type { Manifest } from '../../protocol/manifest.ts';

/**
 * What a provider must have for a job: the limits that its manifest asks for, a GPU for models that run on one, and what
 * its requestor wants besides. Throws `requestor/bad-requirements` when that cannot be announced.
 */
export function demandRequirements({ limits, program }: Manifest, wanted: Requirements = {}): Requirements {
  const { memoryBytes } = limits;
  const isGpuModel = program.kind === 'onnx' && program.backend === 'webgpu';
  const gpuMemoryBytes = isGpuModel ? effectiveLimits(limits).gpuMemoryBytes : limits.gpuMemoryBytes;
  const own: Requirements = {
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(gpuMemoryBytes === undefined ? {} : { gpuMemoryBytes }),
  };
  const checked = v.safeParse(requirementsSchema, mergeRequirements(own, wanted));
  if (checked.success) return checked.output;
  const [{ message, path = [] }] = checked.issues;
  throw new KilnError('requestor/bad-requirements', `These requirements cannot be announced: ${message}.`, {
    data: { path: path.map(({ key }) => String(key)).join('.') },
    hint: 'No machine could meet them; ask for less.',
  });
}
