import type { Program, TensorInput } from '../protocol/manifest.ts';

/** An input of a program's tasks, under the name by which they find it. */
export interface TaskSource {
  readonly name: string;
  /** The blob, or the slice of it that depends on the task. */
  readonly source: TensorInput['source'];
}

/** The name of standard input among a WASI program's inputs. */
export const STDIN_NAME = 'stdin';

/**
 * What the tasks of a program read, beside their parameters, and by which name: files and standard input, buffers that a
 * blob fills, tensors. The program itself is not among them.
 */
export function sourcesOf(program: Program): TaskSource[] {
  if (program.kind === 'wasi') {
    const files = Object.entries(program.files).map(([name, input]) => ({ name, source: { input } }));
    const { stdin } = program;
    return stdin === undefined ? files : [...files, { name: STDIN_NAME, source: { input: stdin } }];
  }
  const named = program.kind === 'onnx' ? program.inputs : program.buffers;
  return Object.entries(named).flatMap(([name, { source }]) =>
    source === undefined ? [] : [{ name, source }],
  );
}
