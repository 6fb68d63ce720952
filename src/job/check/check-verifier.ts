import { KilnError } from '../../base/errors.ts';
import { isGuestPath } from '../../protocol/guest-path.ts';
import type { Program } from '../../protocol/manifest.ts';
import type { Comparator } from '../../protocol/policy.ts';
import { checkText } from './check-wasi.ts';
import type { Parameters } from '../expression.ts';
import { VERIFIER_LIMITS } from '../limits.ts';
import { sourcesOf, STDIN_NAME } from '../task-sources.ts';

/** Throws a `job/…` error when a job's verifier cannot be run on the results of this task. */
export function checkVerifier(
  { module, args = [] }: Extract<Comparator, { class: 'verifier' }>,
  program: Program,
  parameters: Parameters,
): void {
  const { moduleBytes } = VERIFIER_LIMITS;
  if (module.bytes > moduleBytes) {
    throw new KilnError(
      'job/verifier-too-large',
      `comparator.module: the verifier has ${module.bytes} bytes; ${moduleBytes} are allowed.`,
      {
        data: { path: 'comparator.module', bytes: module.bytes, maxBytes: moduleBytes },
        hint: 'Build it without debug information, and let it read tables from the inputs of the job.',
      },
    );
  }
  for (const [i, text] of args.entries()) checkText(`comparator.args[${i}]`, text, parameters);
  checkNames(program);
}

/** A verifier finds the inputs of a task as files: each needs a name of its own that a file may have. */
function checkNames(program: Program): void {
  const names = sourcesOf(program).map(({ name }) => name);
  const bad = names.find((name) => !isGuestPath(name));
  if (bad !== undefined) {
    throw new KilnError(
      'job/input-without-file-name',
      `program.inputs: the verifier cannot find ${JSON.stringify(bad.slice(0, 60))} below in/: no file may have that name.`,
      {
        data: { path: 'program.inputs', name: bad },
        hint: 'Rename that input of the model to letters, digits, ".", "_" and "-".',
      },
    );
  }
  if (new Set(names).size === names.length) return;
  throw new KilnError(
    'job/input-name-taken',
    `program.files: the verifier finds standard input as in/${STDIN_NAME}, so no file may have that name.`,
    {
      data: { path: 'program.files', name: STDIN_NAME },
      hint: `Rename the file "${STDIN_NAME}".`,
    },
  );
}
