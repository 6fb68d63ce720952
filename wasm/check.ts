import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What is wrong with the built programs under a folder, one line each; nothing when all match their SHA-256. */
export function checkPrograms(folder: string): string[] {
  const programs = globSync('*/*.wasm', { cwd: folder }).sort();
  if (programs.length === 0) return [`No .wasm file lies under ${folder}.`];
  return programs.flatMap((program) => {
    const actual = createHash('sha256')
      .update(readFileSync(join(folder, program)))
      .digest('hex');
    const wanted = `${actual}  ${basename(program)}\n`;
    return readSum(join(folder, `${program}.sha256`)) === wanted
      ? []
      : [`${program} does not match ${program}.sha256: run its build.sh and commit both files.`];
  });
}

function readSum(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const problems = checkPrograms(import.meta.dirname);
  console.log(problems.length === 0 ? 'Every guest program matches its SHA-256.' : problems.join('\n'));
  process.exitCode = problems.length === 0 ? 0 : 1;
}
