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

/** Every mention of a blob, in the manifest's order. */
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
