import { KilnError } from '../base/errors.ts';
import type { WasiProgram } from '../protocol/manifest.ts';
import type { Parameters } from './expression.ts';

/** What the sandbox replaces in arguments and environment. */
const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Throws `job/unknown-parameter` or `job/duplicate-output`. */
export function checkWasi(program: WasiProgram, parameters: Parameters): void {
  for (const text of [...program.args, ...Object.values(program.env)]) {
    for (const [, name] of text.matchAll(PLACEHOLDER)) {
      if (Object.hasOwn(parameters, name!)) continue;
      throw new KilnError('job/unknown-parameter', `"{${name}}" is no parameter of this job's tasks.`, {
        data: { name: name!, text: text.slice(0, 100) },
        hint: `Use one of: ${Object.keys(parameters).join(', ')}.`,
      });
    }
  }
  if (new Set(program.outputs).size === program.outputs.length) return;
  throw new KilnError('job/duplicate-output', 'The program lists an output twice.', {
    hint: 'List each output once.',
  });
}
