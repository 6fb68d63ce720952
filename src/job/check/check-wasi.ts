import { KilnError } from '../../base/errors.ts';
import type { WasiProgram } from '../../protocol/manifest.ts';
import { evaluateAt } from './evaluate-at.ts';
import type { Parameters } from '../expression.ts';
import { chooseFrom } from './suggest.ts';

/** Steps of one task of a reactor: each costs a digest. */
export const MAX_STEPS = 1_000_000;
/** What the sandbox replaces in arguments and environment. */
const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Throws `job/unknown-parameter`, `job/duplicate-output`, `job/bad-steps` or an error of the expression `steps`. */
export function checkWasi(program: WasiProgram, parameters: Parameters): void {
  const texts = [
    ...program.args.map((text, i) => [`program.args[${i}]`, text] as const),
    ...Object.entries(program.env).map(([name, text]) => [`program.env.${name}`, text] as const),
  ];
  for (const [place, text] of texts) checkText(place, text, parameters);
  taskSteps(program, parameters);
  const twice = program.outputs.find((path, i) => program.outputs.indexOf(path) !== i);
  if (twice === undefined) return;
  throw new KilnError('job/duplicate-output', `program.outputs: "${twice}" stands there twice.`, {
    data: { path: 'program.outputs', output: twice },
    hint: 'List each output once.',
  });
}

/** How many steps a task of a reactor has; undefined for a command. Throws `job/bad-steps`. */
export function taskSteps({ steps }: WasiProgram, parameters: Parameters): number | undefined {
  if (steps === undefined) return undefined;
  const value = evaluateAt('program.steps', steps, parameters);
  if (Number.isInteger(value) && value >= 1 && value <= MAX_STEPS) return value;
  throw new KilnError('job/bad-steps', `program.steps: is ${value} in task ${parameters['index']! + 1}.`, {
    data: { path: 'program.steps', expression: steps, value, task: parameters['index']! },
    hint: `Make it a whole number from 1 to ${MAX_STEPS} in every task, or leave it out for a command.`,
  });
}

/** Throws `job/unknown-parameter` when a text has a `{name}` that no task can fill in. */
export function checkText(place: string, text: string, parameters: Parameters): void {
  for (const [, name] of text.matchAll(PLACEHOLDER)) {
    if (Object.hasOwn(parameters, name!)) continue;
    throw new KilnError(
      'job/unknown-parameter',
      `${place}: "{${name}}" is no parameter of this job's tasks.`,
      {
        data: { path: place, name: name!, text: text.slice(0, 100) },
        hint: chooseFrom(name!, Object.keys(parameters)),
      },
    );
  }
}
