import type { Bytes } from '../../base/bytes.ts';
import type { WgslProgram } from '../../protocol/manifest.ts';
import type { Guards } from '../guards/guards.ts';
import type { InputReader } from './inputs.ts';
import type { EffectiveLimits } from '../../job/limits.ts';
import type { TaskInput, WgslLoad } from '../messages.ts';
import { dependsOnTask, readSource } from './task-source.ts';
import type { GuardedWgsl } from '../wgsl-guard/guard-wgsl.ts';
import { inShader } from '../wgsl-guard/refuse.ts';

type Source = NonNullable<WgslProgram['buffers'][string]['source']>;

/** Reads and guards a WGSL program with the contents that are the same for every task. */
export async function prepareWgsl(
  program: WgslProgram,
  limits: EffectiveLimits,
  inputs: InputReader,
  guards: Guards,
): Promise<WgslLoad> {
  const shaders: Record<string, GuardedWgsl> = {};
  for (const [name, input] of Object.entries(program.shaders)) {
    const source = await inputs.program(input);
    shaders[name] = await guards.wgsl(source, limits).catch((thrown: unknown) => {
      throw inShader(name, thrown);
    });
  }
  const contents = await readContents(program, inputs, (source) => !dependsOnTask(source), {});
  return { kind: 'wgsl', program, shaders, contents, limits };
}

/** The contents of buffers that differ from task to task. */
export function wgslTaskContents(
  program: WgslProgram,
  parameters: TaskInput['parameters'],
  inputs: InputReader,
): Promise<Record<string, Bytes>> {
  return readContents(program, inputs, dependsOnTask, parameters);
}

async function readContents(
  program: WgslProgram,
  inputs: InputReader,
  isWanted: (source: Source) => boolean,
  parameters: TaskInput['parameters'],
): Promise<Record<string, Bytes>> {
  const contents: Record<string, Bytes> = {};
  for (const [name, { source }] of Object.entries(program.buffers)) {
    if (source === undefined || !isWanted(source)) continue;
    contents[name] = await readSource(source, inputs, parameters);
  }
  return contents;
}
