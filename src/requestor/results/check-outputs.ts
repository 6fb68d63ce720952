import { KilnError } from '../../base/errors.ts';
import { effectiveLimits } from '../../job/limits.ts';
import { matchesOutput } from '../../job/output-pattern.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import type { Result } from '../../protocol/task.ts';

/**
 * Refuses a result that no honest run of this job can have, before a byte of it is fetched: outputs that the manifest
 * does not name, one path twice, or more bytes than a task may write. Throws `requestor/wrong-outputs`.
 */
export function checkOutputs({ program, limits }: Manifest, { outputs }: Result): void {
  const named = program.kind === 'wasi' ? program.outputs : Object.keys(program.outputs);
  const seen = new Set<string>();
  let left = effectiveLimits(limits).outputBytes;
  for (const { path, bytes } of outputs) {
    if (!named.some((name) => matchesOutput(name, path))) {
      throw wrong('The result has an output that this job does not ask for.', path);
    }
    if (seen.has(path)) throw wrong('The result has an output twice.', path);
    seen.add(path);
    left -= bytes;
    if (left < 0) throw wrong('The result claims more bytes than a task of this job may write.', path);
  }
}

function wrong(message: string, path: string): KilnError {
  return new KilnError('requestor/wrong-outputs', message, { data: { path }, hint: 'Reject the result.' });
}
