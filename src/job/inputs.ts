import type { Cid } from '../base/cid.ts';
import type { Manifest } from '../protocol/manifest.ts';

/** A blob that a job reads, with its size. */
export interface JobInput {
  readonly cid: Cid;
  readonly bytes: number;
}

/** Every blob a provider needs for a job, program included, each once. */
export function inputsOf(manifest: Manifest): JobInput[] {
  return [...new Map(namedInputs(manifest).map((input) => [input.cid, input])).values()];
}

/**
 * Every blob that the requestor keeps for a job, each once: what providers need, and the verifier, which is run by the
 * requestor alone.
 */
export function keptInputsOf(manifest: Manifest): JobInput[] {
  const { comparator } = manifest;
  const inputs = inputsOf(manifest);
  if (comparator.class !== 'verifier' || inputs.some(({ cid }) => cid === comparator.module.cid))
    return inputs;
  return [...inputs, comparator.module];
}

/** Every mention of a blob that providers need, in the manifest's order. */
export function namedInputs({ program }: Pick<Manifest, 'program'>): JobInput[] {
  if (program.kind === 'wasi') {
    return [
      program.module,
      ...(program.stdin === undefined ? [] : [program.stdin]),
      ...Object.values(program.files),
    ];
  }
  if (program.kind === 'onnx')
    return [program.model, ...Object.values(program.inputs).map(({ source }) => source.input)];
  const sources = Object.values(program.buffers).flatMap(({ source }) =>
    source === undefined ? [] : [source.input],
  );
  return [...Object.values(program.shaders), ...sources];
}
