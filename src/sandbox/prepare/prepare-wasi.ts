import { toKilnError } from '../../base/errors.ts';
import { taskSteps } from '../../job/check/check-wasi.ts';
import type { WasiProgram } from '../../protocol/manifest.ts';
import type { Guards } from '../guards/guards.ts';
import type { InputReader } from './inputs.ts';
import { refusal } from './inputs.ts';
import type { EffectiveLimits } from '../../job/limits.ts';
import type { TaskInput, WasiLoad } from '../messages.ts';

/** Reads and guards a WASI program; throws a guard's error or `sandbox/refused`. */
export async function prepareWasi(
  program: WasiProgram,
  limits: EffectiveLimits,
  inputs: InputReader,
  guards: Guards,
): Promise<WasiLoad> {
  const { module, imports } = await guards.wasm(await inputs.program(program.module), {
    ...limits,
    canonicalNans: program.canonicalNans ?? false,
  });
  const files = await Promise.all(
    Object.entries(program.files).map(async ([path, input]) => ({ path, bytes: await inputs.whole(input) })),
  );
  const stdin = program.stdin === undefined ? undefined : await inputs.whole(program.stdin);
  return {
    kind: 'wasi',
    module,
    files,
    ...(stdin === undefined ? {} : { stdin }),
    outputs: program.outputs,
    needsSeed: imports.includes('random_get'),
    ...(program.epochMs === undefined ? {} : { epochMs: program.epochMs }),
    limits,
  };
}

/** The command line, environment and number of steps of one task. */
export function wasiTask(
  program: WasiProgram,
  parameters: TaskInput['parameters'],
): Pick<TaskInput, 'args' | 'env' | 'steps'> {
  const fill = (text: string) => fillIn(text, parameters);
  const steps = stepsOf(program, parameters);
  return {
    ...(steps === undefined ? {} : { steps }),
    args: program.args.map(fill),
    env: Object.entries(program.env).map(([name, value]) => `${name}=${fill(value)}`),
  };
}

function stepsOf(program: WasiProgram, parameters: TaskInput['parameters']): number | undefined {
  try {
    return taskSteps(program, parameters);
  } catch (error) {
    const { message, hint } = toKilnError(error);
    throw refusal(message, hint ?? 'Correct the manifest.');
  }
}

/** A text of the manifest with `{name}` replaced by the task's parameters; throws `sandbox/refused`. */
export function fillIn(text: string, parameters: TaskInput['parameters']): string {
  return text.replaceAll(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (value !== undefined) return String(value);
    throw refusal(
      `"{${name}}" is not a parameter of this task.`,
      `Use one of: ${Object.keys(parameters).join(', ')}.`,
    );
  });
}
